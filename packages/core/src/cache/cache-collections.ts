import type {
  APIChannel,
  APIGuild,
  APIGuildMember,
  APIMessage,
  APIRole,
  APIUser,
  APIVoiceState,
} from "discord-api-types/v10";
import { createCacheCollection, type CacheCollection } from "./cache-collection.ts";
import type { CacheStoreFactory } from "./cache-store.ts";

/** A guild as the cache keeps it: without its roles, channels and members, which have places of their own. */
export type CachedGuild = Omit<APIGuild, "roles"> & {
  /** How many members it has; only known from the gateway. */
  readonly member_count?: number | undefined;
  /** Whether it is unavailable because of an outage. */
  readonly unavailable?: boolean | undefined;
};
/** A role together with the guild it belongs to. */
export type CachedRole = APIRole & { readonly guild_id: string };
/** A member together with the guild it belongs to. */
export type CachedMember = APIGuildMember & { readonly guild_id: string };
/** A voice state whose guild and channel are known. */
export type CachedVoiceState = APIVoiceState & { readonly guild_id: string; readonly channel_id: string };

/** How many of each kind are kept; 0 keeps none. */
export interface CacheLimits {
  /** Defaults to 10,000. */
  readonly guilds?: number | undefined;
  /** Channels and threads. Defaults to 100,000. */
  readonly channels?: number | undefined;
  /** Defaults to 100,000. */
  readonly roles?: number | undefined;
  /** Defaults to 100,000. */
  readonly members?: number | undefined;
  /** Defaults to 100,000. */
  readonly users?: number | undefined;
  /** Defaults to 100,000. */
  readonly voiceStates?: number | undefined;
  /** Messages in all channels together. Defaults to 20,000. */
  readonly messages?: number | undefined;
  /** Messages of one channel. Defaults to 100. */
  readonly messagesPerChannel?: number | undefined;
}

/** The kinds that are cached. */
export type CacheKind = "guilds" | "channels" | "roles" | "members" | "users" | "voiceStates" | "messages";

/** The writable side of the cache. */
export interface CacheCollections {
  readonly guilds: CacheCollection<CachedGuild>;
  readonly channels: CacheCollection<APIChannel>;
  readonly roles: CacheCollection<CachedRole>;
  readonly members: CacheCollection<CachedMember>;
  readonly users: CacheCollection<APIUser>;
  readonly voiceStates: CacheCollection<CachedVoiceState>;
  readonly messages: CacheCollection<APIMessage>;
}

/** The key of an entry that is known by two ids. */
export function nestedKey(parentId: string, id: string): string {
  return `${parentId}:${id}`;
}

/** Builds the collections of all kinds. */
export function createCacheCollections(limits: CacheLimits, createStore: CacheStoreFactory): CacheCollections {
  const collection = <Value>(kind: CacheKind, defaultLimit: number, groupLimit?: number) =>
    createCacheCollection<Value>({ kind, limit: limits[kind] ?? defaultLimit, groupLimit, createStore });
  return {
    guilds: collection("guilds", 10_000),
    channels: collection("channels", 100_000),
    roles: collection("roles", 100_000),
    members: collection("members", 100_000),
    users: collection("users", 100_000),
    voiceStates: collection("voiceStates", 100_000),
    messages: collection("messages", 20_000, limits.messagesPerChannel ?? 100),
  };
}

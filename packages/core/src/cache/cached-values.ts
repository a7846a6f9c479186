import type {
  APIChannel,
  APIGuild,
  APIGuildMember,
  APIMessage,
  APIRole,
  APIUser,
  APIVoiceState,
} from "discord-api-types/v10";

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

/** What is cached, by kind. */
export interface CachedValues {
  readonly guilds: CachedGuild;
  readonly channels: APIChannel;
  readonly roles: CachedRole;
  readonly members: CachedMember;
  readonly users: APIUser;
  readonly voiceStates: CachedVoiceState;
  readonly messages: APIMessage;
}

/** The kinds that are cached. */
export type CacheKind = keyof CachedValues;

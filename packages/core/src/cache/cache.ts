import { describeError, silentLogger, type Logger } from "@antiphon/std";
import type { APIChannel, APIMessage, APIUser } from "discord-api-types/v10";
import { cacheAppliers } from "./apply-dispatch.ts";
import type { CacheCollection, CacheKindStats } from "./cache-collection.ts";
import {
  createCacheCollections,
  nestedKey,
  type CachedGuild,
  type CachedMember,
  type CachedRole,
  type CachedVoiceState,
  type CacheKind,
  type CacheLimits,
} from "./cache-collections.ts";
import { createMemoryStore, type CacheStoreFactory } from "./cache-store.ts";

/** A read-only look at one kind, by id. */
export interface CacheView<Value> {
  /** The entry, or undefined; counts a hit or a miss. */
  get(id: string): Value | undefined;
  /** Every entry. */
  values(): IterableIterator<Value>;
}

/** A view whose entries belong to guilds. */
export interface GuildCacheView<Value> extends CacheView<Value> {
  /** The entries of a guild. */
  in(guildId: string): readonly Value[];
}

/** A view whose entries are known by two ids: the guild's (or the channel's) and their own. */
export interface NestedCacheView<Value> {
  /** The entry, or undefined; counts a hit or a miss. */
  get(parentId: string, id: string): Value | undefined;
  /** The entries of a guild (or of a channel), oldest first. */
  in(parentId: string): readonly Value[];
  /** Every entry. */
  values(): IterableIterator<Value>;
}

/** Figures of the whole cache. */
export interface CacheStats {
  /** How many things are held in all. */
  readonly items: number;
  /** Hits as a share of all reads, 0 to 1; 0 before the first read. */
  readonly hitRatio: number;
  /** Dispatches that could not be applied because their payload was not as documented. */
  readonly failures: number;
  /** The figures of each kind. */
  readonly kinds: Readonly<Record<CacheKind, CacheKindStats>>;
}

/** What the client knows without asking; filled from dispatches before listeners run. */
export interface Cache {
  readonly guilds: CacheView<CachedGuild>;
  readonly channels: GuildCacheView<APIChannel>;
  readonly roles: GuildCacheView<CachedRole>;
  /** Members by guild id and user id; complete only with the `guildMembers` intent. */
  readonly members: NestedCacheView<CachedMember>;
  readonly users: CacheView<APIUser>;
  /** Who is in a voice channel, by guild id and user id. */
  readonly voiceStates: NestedCacheView<CachedVoiceState>;
  /** Recent messages by channel id and message id. */
  readonly messages: NestedCacheView<APIMessage>;
  /** The figures at this moment. */
  stats(): CacheStats;
}

/** Options of {@link createCache}. */
export interface CacheOptions {
  readonly limits?: CacheLimits | undefined;
  /** Builds the store of each kind. Defaults to stores in memory. */
  readonly createStore?: CacheStoreFactory | undefined;
  readonly logger?: Logger | undefined;
}

/** A {@link Cache} with the right to change it. */
export interface WritableCache extends Cache {
  /** Brings the cache up to date with a dispatch, by its name on the wire. Never throws; a malformed payload is counted. */
  apply(name: string, data: unknown): void;
  /** Forgets everything. */
  clear(): void;
}

function nestedView<Value>(collection: CacheCollection<Value>): NestedCacheView<Value> {
  return {
    get: (parentId, id) => collection.get(nestedKey(parentId, id)),
    in: (parentId) => collection.in(parentId),
    values: () => collection.values(),
  };
}

/** Builds the cache; no I/O. */
export function createCache(options: CacheOptions = {}): WritableCache {
  const { logger = silentLogger } = options;
  const collections = createCacheCollections(options.limits ?? {}, options.createStore ?? createMemoryStore);
  let failures = 0;
  return {
    guilds: collections.guilds,
    channels: collections.channels,
    roles: collections.roles,
    members: nestedView(collections.members),
    users: collections.users,
    voiceStates: nestedView(collections.voiceStates),
    messages: nestedView(collections.messages),
    apply(name, data) {
      const applier = cacheAppliers.get(name);
      if (applier === undefined) return;
      try {
        applier(collections, data);
      } catch (error) {
        failures++;
        logger.warn("cache: a dispatch was not as documented and was not applied", {
          name,
          error: describeError(error),
        });
      }
    },
    clear() {
      for (const collection of Object.values(collections)) collection.clear();
    },
    stats() {
      const entries = Object.entries(collections).map(([kind, collection]) => [kind, collection.stats()] as const);
      const sum = (pick: (stats: CacheKindStats) => number) =>
        entries.reduce((total, [, stats]) => total + pick(stats), 0);
      const hits = sum((stats) => stats.hits);
      const reads = hits + sum((stats) => stats.misses);
      return {
        items: sum((stats) => stats.items),
        hitRatio: reads === 0 ? 0 : hits / reads,
        failures,
        kinds: Object.fromEntries(entries) as Record<CacheKind, CacheKindStats>,
      };
    },
  };
}

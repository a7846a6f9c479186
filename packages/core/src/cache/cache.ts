import { describeError, silentLogger, systemClock, type Clock, type Logger } from "@antiphon/std";
import type { CoreError } from "../core-error.ts";
import { cacheAppliers } from "./apply-dispatch.ts";
import type { CacheAdapter } from "./cache-adapter.ts";
import type { CacheCollection, CacheKindStats } from "./cache-collection.ts";
import {
  createCacheCollections,
  type CacheCollections,
  type CacheLimits,
  type CacheStorage,
} from "./cache-collections.ts";
import type { CachedValues, CacheKind } from "./cached-values.ts";
import type { Cached, CacheFields } from "./cache-fields.ts";
import { createCacheMirror, type CacheMirror, type CacheMirrorStats } from "./cache-mirror.ts";
import {
  createGuildView,
  createMemberView,
  createMessageView,
  createNestedView,
  createView,
  type CacheView,
  type GuildCacheView,
  type MessageCacheView,
  type NestedCacheView,
} from "./cache-view.ts";
import type { PackableKind } from "./record-schemas.ts";

/** Figures of the whole cache. */
export interface CacheStats {
  /** How many things are held in all. */
  readonly items: number;
  /** About how much memory they take. */
  readonly sizeBytes: number;
  /** Hits as a share of all reads, 0 to 1; 0 before the first read. */
  readonly hitRatio: number;
  /** Dispatches that could not be applied because their payload was not as documented. */
  readonly failures: number;
  /** The figures of each kind. */
  readonly kinds: Readonly<Record<CacheKind, CacheKindStats>>;
  /** The figures of the store outside of the process; undefined when there is none. */
  readonly store: CacheMirrorStats | undefined;
}

/** What the client knows without asking; filled from dispatches before listeners run. */
export interface Cache<Fields extends CacheFields = CacheFields> {
  readonly guilds: CacheView<Cached<Fields, "guilds">>;
  readonly channels: GuildCacheView<Cached<Fields, "channels">>;
  readonly roles: GuildCacheView<Cached<Fields, "roles">>;
  /** Members by guild id and user id; complete only with the `guildMembers` intent. */
  readonly members: NestedCacheView<Cached<Fields, "members">>;
  readonly users: CacheView<Cached<Fields, "users">>;
  /** Who is in a voice channel, by guild id and user id. */
  readonly voiceStates: NestedCacheView<Cached<Fields, "voiceStates">>;
  /** Recent messages by channel id and message id. */
  readonly messages: MessageCacheView<Cached<Fields, "messages">>;
  /** Changes limits at once and evicts what is too much; those that are left out stay. */
  setLimits(limits: CacheLimits): void;
  /** The figures at this moment. */
  stats(): CacheStats;
}

/** Options of {@link createCache}. */
export interface CacheOptions<Fields extends CacheFields = CacheFields> {
  readonly limits?: CacheLimits | undefined;
  /** For how long entries of a kind are good after they were written, in milliseconds. For ever when left out. */
  readonly ttlMs?: { readonly [Kind in CacheKind]?: number | undefined } | undefined;
  /** The fields that are kept of a kind; the types of what is read follow. All when left out. */
  readonly fields?: Fields | undefined;
  /** How a kind is kept. Defaults to `packed` for members, users and messages, and to `objects` for channels and roles. */
  readonly storage?: { readonly [Kind in PackableKind]?: CacheStorage | undefined } | undefined;
  /** A store outside of the process that gets every change in the background, and is asked for what memory does not have. */
  readonly adapter?: CacheAdapter | undefined;
}

/** What the cache needs besides. */
export interface CachePorts {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  /** Told when the adapter fails. */
  readonly onError?: ((error: CoreError) => void) | undefined;
}

/** A {@link Cache} with the right to change it. */
export interface WritableCache extends Cache {
  /** Brings the cache up to date with a dispatch, by its name on the wire. Never throws; a malformed payload is counted. */
  apply(name: string, data: unknown): void;
  /** Whether a dispatch of this name changes anything. */
  wants(name: string): boolean;
  /** Forgets everything and closes the adapter; nothing is cached from then on. Idempotent. */
  close(): Promise<void>;
}

/** Gives up entries of the largest kind for as long as the cache as a whole is too large. */
function createBudget(collections: () => CacheCollections, limits: () => CacheLimits): () => void {
  const largest = (by: "size" | "sizeBytes") =>
    Object.values(collections()).reduce<{ total: number; most: CacheCollection<unknown> | undefined }>(
      ({ total, most }, collection: CacheCollection<unknown>) => ({
        total: total + collection[by],
        most: collection.size > 0 && collection[by] > (most?.[by] ?? 0) ? collection : most,
      }),
      { total: 0, most: undefined },
    );
  const enforce = (by: "size" | "sizeBytes", limit: number | undefined) => {
    if (limit === undefined) return;
    for (let { total, most } = largest(by); total > limit; { total, most } = largest(by))
      if (most?.evict() !== true) return;
  };
  return () => {
    enforce("size", limits().items);
    enforce("sizeBytes", limits().sizeBytes);
  };
}

const flatKinds: ReadonlySet<CacheKind> = new Set(["guilds", "channels", "roles", "users"]);

function createMirror({ adapter }: CacheOptions, ports: Required<CachePorts>): CacheMirror | undefined {
  const { clock = systemClock, logger = silentLogger, onError = () => {} } = ports;
  return adapter && createCacheMirror({ adapter, clock, logger, onError });
}

function readStats(collections: CacheCollections, failures: number, mirror: CacheMirror | undefined): CacheStats {
  const entries = Object.entries(collections).map(([kind, collection]) => [kind, collection.stats()] as const);
  const sum = (pick: (stats: CacheKindStats) => number) => entries.reduce((total, [, stats]) => total + pick(stats), 0);
  const hits = sum((stats) => stats.hits);
  const reads = hits + sum((stats) => stats.misses);
  return {
    items: sum((stats) => stats.items),
    sizeBytes: sum((stats) => stats.sizeBytes),
    hitRatio: reads === 0 ? 0 : hits / reads,
    failures,
    kinds: Object.fromEntries(entries) as Record<CacheKind, CacheKindStats>,
    store: mirror?.stats(),
  };
}

/** Builds the cache; no I/O. */
export function createCache(options: CacheOptions = {}, ports: CachePorts = {}): WritableCache {
  const { clock = systemClock, logger = silentLogger, onError = () => {} } = ports;
  const mirror = createMirror(options, { clock, logger, onError });
  let limits = options.limits ?? {};
  let failures = 0;
  let isClosed = false;
  const keepWithinBudget = createBudget(
    () => collections,
    () => limits,
  );
  const onGrow = () => {
    if (limits.items !== undefined || limits.sizeBytes !== undefined) keepWithinBudget();
  };
  const { storage = {}, fields = {}, ttlMs = {} } = options;
  const collections: CacheCollections = createCacheCollections(
    {
      limits,
      storage,
      fields,
      ttlMs,
      clock,
      onChange:
        mirror &&
        ((kind, { group, id, value }) => {
          if (id === undefined) return mirror.push({ type: "removeGroup", kind, group });
          const key = flatKinds.has(kind) ? id : `${group}:${id}`;
          if (value === undefined) mirror.push({ type: "remove", kind, group, key });
          else mirror.push({ type: "put", kind, group, key, value });
        }),
    },
    onGrow,
  );
  const far = <Kind extends CacheKind>(kind: Kind) => ({
    read: async (key: string) => (await mirror?.read(kind, [key]))?.[0] as CachedValues[Kind] | undefined,
    readGroup: async (group: string) =>
      (await mirror?.readGroup(kind, group)) as readonly CachedValues[Kind][] | undefined,
  });
  const { guilds, channels, roles, members, users, voiceStates, messages } = collections;
  return {
    guilds: createView(guilds, far("guilds")),
    channels: createGuildView(channels, far("channels")),
    roles: createGuildView(roles, far("roles")),
    members: createMemberView(members, users, far("members")),
    users: createView(users, far("users")),
    voiceStates: createNestedView(voiceStates, far("voiceStates")),
    messages: createMessageView(messages, far("messages")),
    setLimits(changed) {
      limits = { ...limits, ...changed };
      for (const kind of Object.keys(collections) as CacheKind[]) collections[kind].setLimits({ limit: changed[kind] });
      messages.setLimits({ groupLimit: changed.messagesPerChannel });
      keepWithinBudget();
    },
    wants: (name) => cacheAppliers.get(name)?.kinds.some((kind) => collections[kind].isKept) ?? false,
    apply(name, data) {
      const applier = cacheAppliers.get(name);
      if (applier === undefined || isClosed) return;
      try {
        applier.apply(collections, data);
      } catch (error) {
        failures++;
        logger.warn("cache: a dispatch was not as documented and was not applied", {
          name,
          error: describeError(error),
        });
      }
    },
    async close() {
      isClosed = true;
      for (const collection of Object.values(collections)) collection.clear();
      await mirror?.close();
    },
    stats: () => readStats(collections, failures, mirror),
  };
}

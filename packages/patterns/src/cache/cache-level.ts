/** A value, or a promise of it: a level in memory answers at once. */
export type Awaitable<T> = T | Promise<T>;

/** What a level keeps under a key. */
export interface CacheEntry {
  /** The value; undefined in an entry that says that there is none. */
  readonly value: unknown;
  /** Until when the value is fresh, in milliseconds since the Unix epoch; Infinity for ever. */
  readonly freshUntilMs: number;
  /** Until when the entry is kept, so that a stale value can stand in; at least `freshUntilMs`. */
  readonly expiresAtMs: number;
  /** The groups that it can be deleted with. */
  readonly tags: readonly string[];
  /** Whether it says that there is no value under the key. */
  readonly isNegative: boolean;
}

/** What one level has counted. */
export interface LevelStats {
  /** What the level is called: `memory`, `disk`, `redis`. */
  readonly name: string;
  /** Lookups that found a live entry. */
  readonly hits: number;
  /** Lookups that did not. */
  readonly misses: number;
  /** Hits as a share of lookups, 0 to 1; 0 before the first. */
  readonly hitRatio: number;
  /** Entries pushed out to keep the bound. */
  readonly evictions: number;
  /** Entries removed because their time had passed; null when the level does not see it. */
  readonly expirations: number | null;
  /** Entries held now; null when the level cannot tell cheaply. */
  readonly entries: number | null;
  /** The bound on entries; null for none of its own. */
  readonly maxEntries: number | null;
  /** Bytes held now; null when the level does not count them. */
  readonly sizeBytes: number | null;
  /** The bound on bytes; null for none. */
  readonly maxBytes: number | null;
  /** Operations that failed. */
  readonly failures: number;
}

/** What another instance has changed: some keys, some tags, or everything. */
export type Invalidation =
  | { readonly type: "keys"; readonly keys: readonly string[] }
  | { readonly type: "tag"; readonly tag: string }
  | { readonly type: "all" };

/** One storey of a cache. An operation that fails rejects or throws; the cache goes on without the level. */
export interface CacheLevel {
  /** What the level is called. */
  readonly name: string;
  /** The live entry under a key. */
  get(key: string): Awaitable<CacheEntry | undefined>;
  /** Stores an entry in place of the one before; what is too big for the level is left out, and the key is then empty. */
  set(key: string, entry: CacheEntry): Awaitable<void>;
  /** Removes an entry; false when there was none. */
  delete(key: string): Awaitable<boolean>;
  /** Removes all entries with a tag. */
  deleteTag(tag: string): Awaitable<void>;
  /** Removes all entries. */
  clear(): Awaitable<void>;
  /** What was counted so far. */
  stats(): LevelStats;
  /** Calls `listener` when another instance has changed what levels above may hold; only in shared levels. */
  onInvalidate?(listener: (invalidation: Invalidation) => void): Disposable;
  /** Gives up what the level holds open; what is stored outside this process stays. Idempotent. */
  close(): Promise<void>;
}

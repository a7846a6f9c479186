/** What a {@link CacheStoreFactory} is told. */
export interface CacheStoreOptions {
  /** What the store will hold: `guilds`, `messages` and so on. */
  readonly kind: string;
  /** The most entries that it may hold; at least 1. */
  readonly limit: number;
  /** To be called for each entry that the store gives up by itself, so that the indexes above it follow. */
  readonly onEvict: (key: string) => void;
}

/** Where the entries of one kind are kept: synchronous, bounded, keyed by text. */
export interface CacheStore<Value> {
  get(key: string): Value | undefined;
  /** Inserts or replaces; evicts something else when that exceeds the limit. */
  set(key: string, value: Value): void;
  /** Removes an entry without calling `onEvict`; false when there was none. */
  delete(key: string): boolean;
  /** Removes every entry without calling `onEvict`. */
  clear(): void;
  /** Every value; the order is the store's own. */
  values(): IterableIterator<Value>;
  /** How many entries it holds. */
  readonly size: number;
}

/** Builds one store for one kind. */
export type CacheStoreFactory = <Value>(options: CacheStoreOptions) => CacheStore<Value>;

/**
 * A store in memory that evicts what was not used for longest. While it is not full it keeps no order of use, because that would
 * tax every read for nothing; from the moment it is full, reads count as use.
 */
export const createMemoryStore: CacheStoreFactory = <Value>({
  limit,
  onEvict,
}: CacheStoreOptions): CacheStore<Value> => {
  const entries = new Map<string, Value>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value !== undefined && entries.size >= limit) {
        entries.delete(key);
        entries.set(key, value);
      }
      return value;
    },
    set(key, value) {
      if (entries.size >= limit) entries.delete(key);
      entries.set(key, value);
      if (entries.size <= limit) return;
      const oldest = entries.keys().next();
      if (oldest.done === true) return;
      entries.delete(oldest.value);
      onEvict(oldest.value);
    },
    delete: (key) => entries.delete(key),
    clear: () => entries.clear(),
    values: () => entries.values(),
    get size() {
      return entries.size;
    },
  };
};

import type { CacheStoreFactory } from "./cache-store.ts";

/** Figures of one kind of cached thing. */
export interface CacheKindStats {
  /** How many are held now. */
  readonly items: number;
  /** Reads that found something. */
  readonly hits: number;
  /** Reads that found nothing. */
  readonly misses: number;
  /** How many were given up to stay within the limits. */
  readonly evictions: number;
}

/** Options of {@link createCacheCollection}. */
export interface CacheCollectionOptions {
  readonly kind: string;
  /** The most entries in all; 0 keeps nothing. */
  readonly limit: number;
  /** The most entries in one group; the oldest of the group gives way. Unlimited when left out. */
  readonly groupLimit?: number | undefined;
  readonly createStore: CacheStoreFactory;
}

/** Entries of one kind, each in one group (a guild, a channel), with figures. */
export interface CacheCollection<Value> {
  /** Reads an entry and counts a hit or a miss. */
  get(key: string): Value | undefined;
  /** Reads an entry without counting. */
  peek(key: string): Value | undefined;
  /** Inserts or replaces an entry. */
  set(key: string, group: string, value: Value): void;
  delete(key: string): void;
  /** Removes every entry of a group. */
  deleteGroup(group: string): void;
  /** The entries of a group, oldest first. */
  in(group: string): Value[];
  values(): IterableIterator<Value>;
  clear(): void;
  stats(): CacheKindStats;
}

/** Builds a {@link CacheCollection} over a store; the index from groups to keys is kept here, so stores stay plain. */
export function createCacheCollection<Value>(options: CacheCollectionOptions): CacheCollection<Value> {
  const { kind, limit, groupLimit = Infinity, createStore } = options;
  const groupOfKey = new Map<string, string>();
  const keysOfGroup = new Map<string, Set<string>>();
  let hits = 0;
  let misses = 0;
  let evictions = 0;

  const unindex = (key: string) => {
    const group = groupOfKey.get(key);
    if (group === undefined) return;
    groupOfKey.delete(key);
    const keys = keysOfGroup.get(group);
    keys?.delete(key);
    if (keys?.size === 0) keysOfGroup.delete(group);
  };
  const store = createStore<Value>({
    kind,
    limit: Math.max(1, limit),
    onEvict(key) {
      evictions++;
      unindex(key);
    },
  });
  const index = (key: string, group: string) => {
    if (groupOfKey.get(key) === group) return;
    unindex(key);
    groupOfKey.set(key, group);
    let keys = keysOfGroup.get(group);
    if (keys === undefined) keysOfGroup.set(group, (keys = new Set()));
    keys.add(key);
  };
  const trim = (group: string) => {
    const keys = keysOfGroup.get(group);
    for (const oldest of keys ?? []) {
      if ((keys?.size ?? 0) <= groupLimit) return;
      store.delete(oldest);
      unindex(oldest);
      evictions++;
    }
  };

  return {
    get(key) {
      const value = store.get(key);
      if (value === undefined) misses++;
      else hits++;
      return value;
    },
    peek: (key) => store.get(key),
    set(key, group, value) {
      if (limit < 1 || groupLimit < 1) return;
      index(key, group);
      store.set(key, value);
      trim(group);
    },
    delete(key) {
      store.delete(key);
      unindex(key);
    },
    deleteGroup(group) {
      for (const key of keysOfGroup.get(group) ?? []) {
        store.delete(key);
        groupOfKey.delete(key);
      }
      keysOfGroup.delete(group);
    },
    in(group) {
      const values: Value[] = [];
      for (const key of keysOfGroup.get(group) ?? []) {
        const value = store.get(key);
        if (value !== undefined) values.push(value);
      }
      return values;
    },
    values: () => store.values(),
    clear() {
      store.clear();
      groupOfKey.clear();
      keysOfGroup.clear();
    },
    stats: () => ({ items: store.size, hits, misses, evictions }),
  };
}

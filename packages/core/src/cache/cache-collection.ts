import type { Clock } from "@antiphon/std";
import type { CacheShelf } from "./cache-shelf.ts";
import { PackedShelf } from "./packed-shelf.ts";

/** Figures of one kind of cached thing. */
export interface CacheKindStats {
  /** How many are held now. */
  readonly items: number;
  /** About how much memory they take. */
  readonly sizeBytes: number;
  /** Reads that found something. */
  readonly hits: number;
  /** Reads that found nothing. */
  readonly misses: number;
  /** How many were given up to stay within the limits. */
  readonly evictions: number;
  /** How many were dropped because their time was over. */
  readonly expirations: number;
}

/** What has changed, for a copy elsewhere; a group as a whole when there is no id, and a removal when there is no value. */
export interface CollectionChange {
  readonly group: string;
  readonly id: string | undefined;
  readonly value: unknown;
}

/** Options of {@link createCacheCollection}. */
export interface CacheCollectionOptions<Value> {
  /** The most entries in all; 0 keeps nothing. */
  readonly limit: number;
  /** The most entries in one group; the oldest of the group gives way. Unlimited when left out. */
  readonly groupLimit?: number | undefined;
  /** For how long an entry is good after it was written, in milliseconds. For ever when left out. */
  readonly ttlMs?: number | undefined;
  /** Whether the id alone names an entry, whatever its group. */
  readonly isFlat: boolean;
  readonly createShelf: (group: string) => CacheShelf<Value>;
  /** Reduces an entry to what is to be kept of it; all when left out. */
  readonly pick?: ((value: Value) => Value) | undefined;
  readonly clock: Clock;
  /** An entry came in; the budget of the whole cache may be passed. */
  readonly onGrow: () => void;
  readonly onChange?: ((change: CollectionChange) => void) | undefined;
}

/** Entries of one kind, each in one group (a guild, a channel), with figures. */
export interface CacheCollection<Value> {
  /** Reads an entry and counts a hit or a miss; of a flat kind, the group does not matter. */
  get(group: string, id: string): Value | undefined;
  /** Reads an entry without counting. */
  peek(group: string, id: string): Value | undefined;
  /** Inserts or replaces an entry. */
  set(group: string, id: string, value: Value): void;
  delete(group: string, id: string): void;
  /** Removes every entry of a group. */
  deleteGroup(group: string): void;
  /** The entries of a group with their ids, older ones first. */
  in(group: string): [string, Value][];
  /** Every entry with its group. */
  entries(): IterableIterator<[group: string, id: string, Value]>;
  clear(): void;
  /** Gives up one entry; false when there is none. */
  evict(): boolean;
  /** Changes the limits and evicts what is too much. */
  setLimits(limits: { readonly limit?: number | undefined; readonly groupLimit?: number | undefined }): void;
  readonly size: number;
  readonly sizeBytes: number;
  /** Whether anything is kept at all. */
  readonly isKept: boolean;
  stats(): CacheKindStats;
}

/** Which group an entry is in, by its id. */
function createOwners(): PackedShelf<string> {
  return new PackedShelf({ write: (writer, owner) => writer.text(owner), read: (reader) => reader.text() });
}

/**
 * Builds a {@link CacheCollection}. Over its limit, an entry of the group gives way into which nothing was written for the longest
 * time, and in it one that was not used for long. Reads count as use from the moment that the collection is full, because before
 * that an order of use would tax every read for nothing.
 */
export function createCacheCollection<Value>(options: CacheCollectionOptions<Value>): CacheCollection<Value> {
  const { ttlMs, isFlat, createShelf, pick, clock, onGrow, onChange } = options;
  let { limit, groupLimit = Infinity } = options;
  const shelves = new Map<string, CacheShelf<Value>>();
  /** Where the entries of a flat kind are that are not in the group without a name. */
  let owners = createOwners();
  /** When each entry's time is over; in that order, since all live equally long. */
  const expiries = new Map<string, { readonly group: string; readonly id: string; readonly atMs: number }>();
  const counts = { hits: 0, misses: 0, evictions: 0, expirations: 0 };
  let size = 0;
  let sizeBytes = 0;

  // Users and guilds have no owners at all, so that nothing need be looked up.
  const ownerOf = (id: string) => (owners.size === 0 ? "" : (owners.get(id) ?? ""));
  const groupOf = (group: string, id: string) => (isFlat ? ownerOf(id) : group);
  /** Brings the sums up to date after a shelf has changed; an empty one goes. */
  const settle = (group: string, shelf: CacheShelf<Value>, sizeBefore: number, bytesBefore: number) => {
    size += shelf.size - sizeBefore;
    sizeBytes += shelf.sizeBytes - bytesBefore;
    if (shelf.size === 0 && shelves.delete(group)) sizeBytes -= shelf.sizeBytes;
  };
  const forget = (group: string, id: string) => {
    if (isFlat) owners.delete(id);
    if (ttlMs !== undefined) expiries.delete(`${group}:${id}`);
  };
  const remove = (group: string, id: string): boolean => {
    const shelf = shelves.get(group);
    forget(group, id);
    if (shelf === undefined) return false;
    const { size: sizeBefore, sizeBytes: bytesBefore } = shelf;
    const isRemoved = shelf.delete(id);
    settle(group, shelf, sizeBefore, bytesBefore);
    return isRemoved;
  };
  const expire = () => {
    if (ttlMs === undefined) return;
    const nowMs = clock.monotonicMs();
    for (const { group, id, atMs } of expiries.values()) {
      if (atMs > nowMs) return;
      if (remove(group, id)) counts.expirations++;
    }
  };
  const evictFrom = (group: string, shelf: CacheShelf<Value>) => {
    const { size: sizeBefore, sizeBytes: bytesBefore } = shelf;
    const id = shelf.evict();
    settle(group, shelf, sizeBefore, bytesBefore);
    if (id === undefined) return;
    forget(group, id);
    counts.evictions++;
  };
  const evict = (): boolean => {
    for (const [group, shelf] of shelves) {
      evictFrom(group, shelf);
      return true;
    }
    return false;
  };
  const trim = () => {
    for (let excess = size - limit; excess > 0; excess--) if (!evict()) return;
  };
  const shelfFor = (group: string): CacheShelf<Value> => {
    let shelf = shelves.get(group);
    if (shelf !== undefined && size < limit) return shelf;
    if (shelf === undefined) {
      shelf = createShelf(group);
      sizeBytes += shelf.sizeBytes;
    } else shelves.delete(group);
    shelves.set(group, shelf);
    return shelf;
  };
  const peek = (group: string, id: string) => {
    expire();
    return shelves.get(groupOf(group, id))?.get(id);
  };

  return {
    peek,
    get(group, id) {
      const value = peek(group, id);
      if (value === undefined) counts.misses++;
      else {
        counts.hits++;
        if (size >= limit) shelves.get(groupOf(group, id))?.touch(id);
      }
      return value;
    },
    set(group, id, value) {
      if (limit < 1 || groupLimit < 1) return;
      expire();
      const owner = groupOf(group, id);
      if (owner !== group) remove(owner, id);
      if (isFlat && group !== "") owners.set(id, group);
      const shelf = shelfFor(group);
      const kept = pick === undefined ? value : pick(value);
      const { size: sizeBefore, sizeBytes: bytesBefore } = shelf;
      shelf.set(id, kept);
      settle(group, shelf, sizeBefore, bytesBefore);
      if (ttlMs !== undefined) {
        expiries.delete(`${group}:${id}`);
        expiries.set(`${group}:${id}`, { group, id, atMs: clock.monotonicMs() + ttlMs });
      }
      while (shelf.size > groupLimit) evictFrom(group, shelf);
      trim();
      onChange?.({ group, id, value: kept });
      onGrow();
    },
    delete(group, id) {
      const owner = groupOf(group, id);
      remove(owner, id);
      onChange?.({ group: owner, id, value: undefined });
    },
    deleteGroup(group) {
      const shelf = shelves.get(group);
      onChange?.({ group, id: undefined, value: undefined });
      if (shelf === undefined) return;
      if (isFlat || ttlMs !== undefined) {
        for (const [id] of shelf.entries()) {
          owners.delete(id);
          expiries.delete(`${group}:${id}`);
        }
      }
      shelves.delete(group);
      size -= shelf.size;
      sizeBytes -= shelf.sizeBytes;
    },
    in(group) {
      expire();
      return [...(shelves.get(group)?.entries() ?? [])];
    },
    *entries() {
      expire();
      for (const [group, shelf] of shelves) for (const [id, value] of shelf.entries()) yield [group, id, value];
    },
    clear() {
      shelves.clear();
      owners = createOwners();
      expiries.clear();
      size = 0;
      sizeBytes = 0;
    },
    evict,
    setLimits(limits) {
      limit = limits.limit ?? limit;
      groupLimit = limits.groupLimit ?? groupLimit;
      for (const [group, shelf] of shelves) while (shelf.size > groupLimit) evictFrom(group, shelf);
      trim();
    },
    get size() {
      expire();
      return size;
    },
    get sizeBytes() {
      return sizeBytes;
    },
    get isKept() {
      return limit >= 1 && groupLimit >= 1;
    },
    stats() {
      expire();
      return { items: size, sizeBytes, ...counts };
    },
  };
}

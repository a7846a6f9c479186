/** The rules by which a cache that is full chooses what goes. */
export const CacheStrategy = {
  /** What was used longest ago. */
  lru: "lru",
  /** What was used least often; of equals, what was used longest ago. */
  lfu: "lfu",
  /** What came in first. */
  fifo: "fifo",
  /** What expires first; what never expires goes last. */
  ttl: "ttl",
  /** W-TinyLFU with a hill-climbed window: follows the workload between recency and frequency. */
  adaptive: "adaptive",
} as const;

/** One of {@link CacheStrategy}. */
export type CacheStrategy = (typeof CacheStrategy)[keyof typeof CacheStrategy];

/** What an {@link EvictionPolicy} may know of the entries, by slot. */
export interface SlotTable {
  /** A hash of each key, 32 bits; 0 unless the policy reads hashes. */
  readonly hashes: Int32Array;
  /** What each entry counts towards the bound: 1, or its bytes. */
  readonly weights: Float64Array;
  /** When each entry expires, in milliseconds since the Unix epoch; Infinity for never. */
  readonly expiresAtMs: Float64Array;
  /** The sum of weights that may be held. */
  readonly maxWeight: number;
}

/** Orders the slots of a cache for eviction. The cache calls `add` once per slot, then any number of `hit`, then `remove`. */
export interface EvictionPolicy {
  /** Whether it reads the table's hashes; where it does not, keys are not hashed. */
  readonly readsHashes: boolean;
  /** Makes room for slots below `capacity`. */
  grow(capacity: number): void;
  /** A new entry is in this slot; its facts are in the table. */
  add(slot: number): void;
  /** The entry was used. */
  hit(slot: number): void;
  /** The entry's value was replaced by one of the same weight; its expiry may have changed. */
  update(slot: number): void;
  /** The entry is leaving the cache. */
  remove(slot: number): void;
  /** The slot that should leave now, to make room; -1 when there is none. The cache calls `remove` for it. */
  victim(): number;
  /** Forgets all slots. */
  clear(): void;
}

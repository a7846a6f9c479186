import { systemClock, type Clock } from "@antiphon/std";
import { createPolicy } from "./eviction/create-policy.ts";
import type { CacheStrategy, EvictionPolicy, SlotTable } from "./eviction/eviction-policy.ts";
import { hashKey } from "./hash-key.ts";
import { CacheError } from "./cache-error.ts";

/** Why an entry left: it was not needed as much as others, its time was over, it was replaced, or it was deleted. */
export type RemovalReason = "evicted" | "expired" | "replaced" | "deleted";

/** Options of {@link createMemoryCache}. */
export interface MemoryCacheOptions<Key, Value> {
  /** The rule by which entries are evicted. Defaults to `adaptive`. */
  readonly strategy?: CacheStrategy | undefined;
  /** The most entries; at least 1. Defaults to 1,000, or to no bound when there is `maxBytes`. */
  readonly maxEntries?: number | undefined;
  /** The most bytes of all entries together, as `sizeOf` counts them. */
  readonly maxBytes?: number | undefined;
  /** The bytes of an entry; needed with `maxBytes`. */
  readonly sizeOf?: ((value: Value, key: Key) => number) | undefined;
  /** How long entries live unless `set` says otherwise. Defaults to forever. */
  readonly ttlMs?: number | undefined;
  /** Told about each entry that leaves, after it has left. */
  readonly onRemove?: ((key: Key, value: Value, reason: RemovalReason) => void) | undefined;
  /** Where the time is read. */
  readonly clock?: Clock | undefined;
}

/** What a {@link MemoryCache} has counted. */
export interface MemoryCacheStats {
  /** Lookups that found a live entry. */
  readonly hits: number;
  /** Lookups that did not. */
  readonly misses: number;
  /** Hits as a share of lookups, 0 to 1; 0 before the first. */
  readonly hitRatio: number;
  /** Entries pushed out by others. */
  readonly evictions: number;
  /** Entries found dead. */
  readonly expirations: number;
  /** Values too big for the whole cache. */
  readonly rejections: number;
  /** Entries held now, with those that are dead but not found yet. */
  readonly entries: number;
  /** The bound on entries; null for none. */
  readonly maxEntries: number | null;
  /** The bytes held now; 0 without `maxBytes`. */
  readonly sizeBytes: number;
  /** The bound on bytes; null for none. */
  readonly maxBytes: number | null;
}

/** How long one entry lives. */
export interface MemoryEntryOptions {
  /** How long it lives, in milliseconds. Defaults to the cache's `ttlMs`. */
  readonly ttlMs?: number | undefined;
  /** When it ends instead, in milliseconds since the Unix epoch; Infinity for never. */
  readonly expiresAtMs?: number | undefined;
}

/** A bounded map in memory; synchronous, for hot paths. */
export interface MemoryCache<Key extends string | number, Value> {
  /** The live value under a key; counts as a use. */
  get(key: Key): Value | undefined;
  /** The live value under a key, without counting anything. */
  peek(key: Key): Value | undefined;
  /** Stores a value; false when it is bigger than the whole cache, and then the key is empty. */
  set(key: Key, value: Value, options?: MemoryEntryOptions): boolean;
  /** Removes an entry; false when there was none. */
  delete(key: Key): boolean;
  /** Removes all entries. */
  clear(): void;
  /** The keys of all entries, in no order. */
  keys(): IterableIterator<Key>;
  /** Entries held now. */
  readonly size: number;
  /** What was counted so far. */
  stats(): MemoryCacheStats;
}

const DEFAULT_MAX_ENTRIES = 1000;
const FIRST_CAPACITY = 64;

/** The cache: a map from keys to slots, and for each slot its facts in arrays. */
class Table<Key extends string | number, Value> implements MemoryCache<Key, Value>, SlotTable {
  hashes = new Int32Array(0);
  weights = new Float64Array(0);
  expiresAtMs = new Float64Array(0);
  readonly maxWeight: number;
  readonly #slots = new Map<Key, number>();
  #keys: (Key | undefined)[] = [];
  #values: (Value | undefined)[] = [];
  /** Slots given back, to be used again before new ones. */
  #free: number[] = [];
  #used = 0;
  #weight = 0;
  /** Whether any entry has had an end; until then none is looked at for one. */
  #hasExpiries = false;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #expirations = 0;
  #rejections = 0;
  readonly #maxEntries: number;
  readonly #policy: EvictionPolicy;
  readonly #options: MemoryCacheOptions<Key, Value>;
  readonly #clock: Clock;

  constructor(options: MemoryCacheOptions<Key, Value>) {
    const { maxBytes, maxEntries = maxBytes === undefined ? DEFAULT_MAX_ENTRIES : Infinity } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#maxEntries = maxEntries;
    this.maxWeight = maxBytes ?? maxEntries;
    this.#policy = createPolicy(options.strategy ?? "adaptive", this);
  }

  get size(): number {
    return this.#slots.size;
  }

  get(key: Key): Value | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined || (this.#hasExpiries && this.#isExpired(slot))) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    this.#policy.hit(slot);
    return this.#values[slot];
  }

  peek(key: Key): Value | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined || this.#isExpired(slot) ? undefined : this.#values[slot];
  }

  set(key: Key, value: Value, options?: MemoryEntryOptions): boolean {
    const { sizeOf, maxBytes } = this.#options;
    const weight = maxBytes === undefined ? 1 : Math.max(1, (sizeOf as NonNullable<typeof sizeOf>)(value, key));
    const existing = this.#slots.get(key);
    if (weight > this.maxWeight) {
      this.#rejections++;
      if (existing !== undefined) this.#remove(existing, "replaced");
      return false;
    }
    const expiresAtMs = options?.expiresAtMs ?? this.#expiryAfter(options?.ttlMs ?? this.#options.ttlMs);
    if (existing !== undefined && this.weights[existing] === weight) {
      this.#replace(existing, value, expiresAtMs);
      return true;
    }
    if (existing !== undefined) this.#remove(existing, "replaced");
    this.#makeRoom(weight);
    this.#insert(key, value, weight, expiresAtMs);
    return true;
  }

  delete(key: Key): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    const isLive = !this.#isExpired(slot);
    if (isLive) this.#remove(slot, "deleted");
    return isLive;
  }

  clear(): void {
    const { onRemove } = this.#options;
    const removed =
      onRemove === undefined ? [] : [...this.#slots].map(([key, slot]) => [key, this.#values[slot]] as const);
    this.#slots.clear();
    this.#keys = [];
    this.#values = [];
    this.#free = [];
    this.#used = 0;
    this.#weight = 0;
    this.#policy.clear();
    for (const [key, value] of removed) onRemove?.(key, value as Value, "deleted");
  }

  keys(): IterableIterator<Key> {
    return this.#slots.keys();
  }

  stats(): MemoryCacheStats {
    const lookups = this.#hits + this.#misses;
    return {
      hits: this.#hits,
      misses: this.#misses,
      hitRatio: lookups === 0 ? 0 : this.#hits / lookups,
      evictions: this.#evictions,
      expirations: this.#expirations,
      rejections: this.#rejections,
      entries: this.#slots.size,
      maxEntries: this.#maxEntries === Infinity ? null : this.#maxEntries,
      sizeBytes: this.#options.maxBytes === undefined ? 0 : this.#weight,
      maxBytes: this.#options.maxBytes ?? null,
    };
  }

  #expiryAfter(ttlMs: number | undefined): number {
    return ttlMs === undefined || ttlMs === Infinity ? Infinity : this.#clock.now() + ttlMs;
  }

  #isExpired(slot: number): boolean {
    const expiresAtMs = this.expiresAtMs[slot] as number;
    // Entries without an end never ask for the time: reading it costs as much as the rest of a hit.
    if (expiresAtMs === Infinity || expiresAtMs > this.#clock.now()) return false;
    this.#expirations++;
    this.#remove(slot, "expired");
    return true;
  }

  #insert(key: Key, value: Value, weight: number, expiresAtMs: number): void {
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.hashes.length) this.#grow(Math.max(FIRST_CAPACITY, 2 * this.hashes.length));
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#values[slot] = value;
    if (this.#policy.readsHashes) this.hashes[slot] = hashKey(key);
    this.weights[slot] = weight;
    this.expiresAtMs[slot] = expiresAtMs;
    if (expiresAtMs !== Infinity) this.#hasExpiries = true;
    this.#weight += weight;
    this.#policy.add(slot);
  }

  #replace(slot: number, value: Value, expiresAtMs: number): void {
    const oldValue = this.#values[slot] as Value;
    this.#values[slot] = value;
    this.expiresAtMs[slot] = expiresAtMs;
    if (expiresAtMs !== Infinity) this.#hasExpiries = true;
    this.#policy.update(slot);
    this.#options.onRemove?.(this.#keys[slot] as Key, oldValue, "replaced");
  }

  /** Evicts until an entry of this weight fits; before it comes in, so that it is not the one that goes. */
  #makeRoom(weight: number): void {
    while (this.#weight + weight > this.maxWeight || this.#slots.size >= this.#maxEntries) {
      this.#evictions++;
      this.#remove(this.#policy.victim(), "evicted");
    }
  }

  #remove(slot: number, reason: RemovalReason): void {
    const key = this.#keys[slot] as Key;
    const value = this.#values[slot] as Value;
    this.#policy.remove(slot);
    this.#slots.delete(key);
    this.#keys[slot] = undefined;
    this.#values[slot] = undefined;
    this.#weight -= this.weights[slot] as number;
    this.#free.push(slot);
    this.#options.onRemove?.(key, value, reason);
  }

  #grow(capacity: number): void {
    const grown = {
      hashes: new Int32Array(capacity),
      weights: new Float64Array(capacity),
      expiresAtMs: new Float64Array(capacity),
    };
    grown.hashes.set(this.hashes);
    grown.weights.set(this.weights);
    grown.expiresAtMs.set(this.expiresAtMs);
    Object.assign(this, grown);
    this.#policy.grow(capacity);
  }
}

function checkBound(name: string, value: number | undefined): void {
  if (value === undefined || value >= 1) return;
  throw new CacheError("CACHE_OPTIONS_INVALID", `createMemoryCache: ${name} must be 1 or more, not ${value}`);
}

/**
 * Builds a {@link MemoryCache}.
 *
 * @throws CacheError `CACHE_OPTIONS_INVALID` for a bound below 1, or `maxBytes` without `sizeOf`.
 */
export function createMemoryCache<Key extends string | number, Value>(
  options: MemoryCacheOptions<Key, Value> = {},
): MemoryCache<Key, Value> {
  checkBound("maxEntries", options.maxEntries);
  checkBound("maxBytes", options.maxBytes);
  if (options.maxBytes !== undefined && options.sizeOf === undefined)
    throw new CacheError(
      "CACHE_OPTIONS_INVALID",
      "createMemoryCache: maxBytes needs sizeOf, to count an entry's bytes",
    );
  return new Table(options);
}

import { createEmitter, systemClock, type Clock, type EventSource } from "@antiphon/std";
import { CacheError } from "./cache-error.ts";
import type { CacheEntry, CacheLevel, LevelStats } from "./cache-level.ts";
import type { CacheStrategy } from "./eviction/eviction-policy.ts";
import { createFlights, type Flight } from "./flights.ts";
import { LevelStack, type LevelOperation } from "./level-stack.ts";
import { createMemoryLevel } from "./memory-level.ts";

/** How long what is stored lives, and what it belongs to. */
export interface CacheLifetime {
  /** How long a value is fresh, in milliseconds. Defaults to the cache's, and that to forever. */
  readonly ttlMs?: number | undefined;
  /** How long a value that is no longer fresh may stand in while it is loaded again, in milliseconds. Defaults to 0. */
  readonly staleMs?: number | undefined;
  /** How long it is remembered that there is no value, in milliseconds; 0 for not at all. Defaults to 0. */
  readonly negativeTtlMs?: number | undefined;
}

/** Options of {@link createCache}. */
export interface CacheOptions extends CacheLifetime {
  /** The levels, the fastest first; the cache closes them. Defaults to one in memory, made from the options below. */
  readonly levels?: readonly CacheLevel[] | undefined;
  /** The rule by which entries are evicted. Defaults to `adaptive`. */
  readonly strategy?: CacheStrategy | undefined;
  /** The most entries. Defaults to 1,000, or to no bound when there is `maxBytes`. */
  readonly maxEntries?: number | undefined;
  /** The most bytes of all values together. */
  readonly maxBytes?: number | undefined;
  /** Where the time is read; the cache sets no timers. */
  readonly clock?: Clock | undefined;
}

/** Options of one value. */
export interface SetOptions extends Pick<CacheLifetime, "ttlMs" | "staleMs"> {
  /** Groups that it can be deleted with. */
  readonly tags?: readonly string[] | undefined;
}

/** Options of {@link Cache.getOrLoad}. */
export interface LoadOptions extends CacheLifetime {
  /** Groups that the value can be deleted with. */
  readonly tags?: readonly string[] | undefined;
  /** Ends the wait; the loader's own signal aborts when nobody waits any more. */
  readonly signal?: AbortSignal | undefined;
}

/** What a {@link Cache} tells its listeners. */
export type CacheEvent =
  | {
      /** A level failed; the cache went on without it. */
      readonly type: "levelFailed";
      /** The level's name. */
      readonly level: string;
      /** What it was asked to do. */
      readonly operation: LevelOperation;
      /** What it threw. */
      readonly error: unknown;
    }
  | {
      /** A value that is no longer fresh could not be loaded again; it stands in until it expires. */
      readonly type: "revalidateFailed";
      /** Its key. */
      readonly key: string;
      /** What the loader threw. */
      readonly error: unknown;
    };

/** What a {@link Cache} has counted. */
export interface CacheStats {
  /** Lookups that a level answered, the stale and negative answers with them. */
  readonly hits: number;
  /** Lookups that none answered. */
  readonly misses: number;
  /** Hits as a share of lookups, 0 to 1; 0 before the first. */
  readonly hitRatio: number;
  /** Hits that were no longer fresh. */
  readonly staleHits: number;
  /** Hits that said that there is no value. */
  readonly negativeHits: number;
  /** Times that a loader was called. */
  readonly loads: number;
  /** Loads that failed. */
  readonly loadFailures: number;
  /** Callers who shared a load that was under way. */
  readonly coalesced: number;
  /** Entries pushed out of a level. */
  readonly evictions: number;
  /** Operations of levels that failed. */
  readonly levelFailures: number;
  /** Each level, the fastest first. */
  readonly levels: readonly LevelStats[];
}

/** Gives the value of a key that the cache lacks; undefined says that there is none. */
export type Loader<Value> = (context: { readonly signal: AbortSignal }) => Promise<Value | undefined>;

/** Values by key over one or more levels. A level that fails is passed over, so no call rejects because of one. */
export interface Cache<Value> extends EventSource<CacheEvent>, AsyncDisposable {
  /** The fresh value under a key. */
  get(key: string): Promise<Value | undefined>;
  /** The value under a key, loaded once for all who ask when it is missing; one that is stale is given at once and loaded again. */
  getOrLoad<Loaded extends Value>(
    key: string,
    load: Loader<Loaded>,
    options?: LoadOptions,
  ): Promise<Loaded | undefined>;
  /** Stores a value in all levels. */
  set(key: string, value: Value, options?: SetOptions): Promise<void>;
  /** Removes the entry under a key from all levels; false when none had it. */
  delete(key: string): Promise<boolean>;
  /** Removes all entries with a tag. */
  deleteTag(tag: string): Promise<void>;
  /** Removes all entries. */
  clear(): Promise<void>;
  /** What was counted so far. */
  stats(): CacheStats;
  /** Gives up what is being loaded and closes the levels; what they store outside this process stays. Idempotent. */
  close(): Promise<void>;
}

class LevelledCache<Value> {
  readonly emitter = createEmitter<CacheEvent>();
  readonly #options: CacheOptions;
  readonly #clock: Clock;
  readonly #stack: LevelStack;
  readonly #lookups = createFlights<CacheEntry | undefined>();
  readonly #loads = createFlights<Value | undefined>();
  readonly #subscriptions: readonly Disposable[];
  readonly #counted = {
    hits: 0,
    misses: 0,
    staleHits: 0,
    negativeHits: 0,
    loads: 0,
    loadFailures: 0,
    levelFailures: 0,
  };
  #closing: Promise<void> | undefined;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#stack = new LevelStack(options.levels ?? [createMemoryLevel(options)], {
      clock: this.#clock,
      onFailure: (level, operation, error) => {
        this.#counted.levelFailures++;
        this.emitter.emit({ type: "levelFailed", level: level.name, operation, error });
      },
    });
    this.#subscriptions = this.#stack.levels.flatMap((level, depth) => {
      const subscription = level.onInvalidate?.((invalidation) => {
        const keys = invalidation.type === "keys" ? invalidation.keys : [undefined];
        for (const key of keys) this.#outdate(key);
        void this.#stack.invalidate(invalidation, depth);
      });
      return subscription ?? [];
    });
  }

  async get(key: string): Promise<Value | undefined> {
    const entry = await this.#lookUp(key);
    return entry === undefined || entry.freshUntilMs <= this.#clock.now() ? undefined : (entry.value as Value);
  }

  async getOrLoad(key: string, load: Loader<Value>, options: LoadOptions = {}): Promise<Value | undefined> {
    options.signal?.throwIfAborted();
    const entry = await this.#lookUp(key);
    if (entry === undefined)
      return this.#loads.run(key, (flight) => this.#load(key, load, options, flight), { signal: options.signal });
    if (entry.freshUntilMs <= this.#clock.now()) {
      this.#counted.staleHits++;
      this.#revalidate(key, load, options);
    }
    return entry.value as Value | undefined;
  }

  async set(key: string, value: Value, options: SetOptions = {}): Promise<void> {
    this.#requireOpen();
    this.#outdate(key);
    await this.#stack.store(key, this.#entryOf(value, options));
  }

  delete(key: string): Promise<boolean> {
    this.#requireOpen();
    this.#outdate(key);
    return this.#stack.delete(key);
  }

  deleteTag(tag: string): Promise<void> {
    this.#requireOpen();
    this.#outdate();
    return this.#stack.invalidate({ type: "tag", tag });
  }

  clear(): Promise<void> {
    this.#requireOpen();
    this.#outdate();
    return this.#stack.invalidate({ type: "all" });
  }

  stats(): CacheStats {
    const levels = this.#stack.levels.map((level) => level.stats());
    const { hits, misses } = this.#counted;
    return {
      ...this.#counted,
      hitRatio: hits + misses === 0 ? 0 : hits / (hits + misses),
      coalesced: this.#loads.joined,
      evictions: levels.reduce((sum, { evictions }) => sum + evictions, 0),
      levels,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeOnce();
    return this.#closing;
  }

  async #closeOnce(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#outdate();
    this.#loads.abort(new CacheError("CACHE_CLOSED", "the cache was closed while the value was loaded"));
    await this.#stack.close();
    this.emitter.close();
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new CacheError("CACHE_CLOSED", "the cache was closed");
  }

  /** What is read or loaded now for this key, or for all, is older than what the key holds from now on. */
  #outdate(key?: string): void {
    this.#lookups.outdate(key);
    this.#loads.outdate(key);
  }

  async #lookUp(key: string): Promise<CacheEntry | undefined> {
    this.#requireOpen();
    const first = await this.#stack.first(key);
    const entry =
      first ??
      (this.#stack.levels.length === 1
        ? undefined
        : await this.#lookups.run(key, (flight) => this.#lookBelow(key, flight)));
    if (entry === undefined) this.#counted.misses++;
    else this.#counted.hits++;
    if (entry?.isNegative === true) this.#counted.negativeHits++;
    return entry;
  }

  /** Asks the levels below the first, and copies what they have upwards. */
  async #lookBelow(key: string, flight: Flight): Promise<CacheEntry | undefined> {
    const found = await this.#stack.find(key, 1);
    if (found === undefined) return undefined;
    await this.#stack.store(key, found.entry, { depth: found.depth, isOutdated: () => flight.isOutdated });
    return found.entry;
  }

  async #load(key: string, load: Loader<Value>, options: LoadOptions, flight: Flight): Promise<Value | undefined> {
    this.#counted.loads++;
    try {
      const value = await load({ signal: flight.signal });
      flight.signal.throwIfAborted();
      await this.#keep(key, value, options, () => flight.isOutdated);
      return value;
    } catch (error) {
      this.#counted.loadFailures++;
      throw error;
    }
  }

  #revalidate(key: string, load: Loader<Value>, options: LoadOptions): void {
    this.#loads.start(key, async (flight) => {
      try {
        return await this.#load(key, load, options, flight);
      } catch (error) {
        this.emitter.emit({ type: "revalidateFailed", key, error });
        throw error;
      }
    });
  }

  async #keep(key: string, value: Value | undefined, options: LoadOptions, isOutdated: () => boolean): Promise<void> {
    const negativeTtlMs = options.negativeTtlMs ?? this.#options.negativeTtlMs ?? 0;
    if (value !== undefined) {
      await this.#stack.store(key, this.#entryOf(value, options), { isOutdated });
    } else if (negativeTtlMs > 0) {
      const entry = this.#entryOf(undefined, { ttlMs: negativeTtlMs, staleMs: 0, tags: options.tags });
      await this.#stack.store(key, { ...entry, isNegative: true }, { isOutdated });
    } else if (!isOutdated()) {
      // A stale value may still be there, and would stand in for what no longer exists.
      await this.#stack.delete(key);
    }
  }

  #entryOf(value: unknown, options: SetOptions): CacheEntry {
    const ttlMs = options.ttlMs ?? this.#options.ttlMs ?? Infinity;
    const staleMs = options.staleMs ?? this.#options.staleMs ?? 0;
    const freshUntilMs = this.#clock.now() + ttlMs;
    return { value, freshUntilMs, expiresAtMs: freshUntilMs + staleMs, tags: options.tags ?? [], isNegative: false };
  }
}

/**
 * Builds a {@link Cache}.
 *
 * @throws CacheError `CACHE_OPTIONS_INVALID` for bounds below 1 or no levels; calls after `close` throw `CACHE_CLOSED`.
 */
export function createCache<Value = unknown>(options: CacheOptions = {}): Cache<Value> {
  if (options.levels?.length === 0)
    throw new CacheError("CACHE_OPTIONS_INVALID", "createCache: levels must name at least one level");
  const cache = new LevelledCache<Value>(options);
  const { emitter } = cache;
  return {
    on: emitter.on,
    events: emitter.events,
    get: (key) => cache.get(key),
    getOrLoad: (key, load, loadOptions) => cache.getOrLoad(key, load, loadOptions) as never,
    set: (key, value, setOptions) => cache.set(key, value, setOptions),
    delete: async (key) => cache.delete(key),
    deleteTag: async (tag) => cache.deleteTag(tag),
    clear: async () => cache.clear(),
    stats: () => cache.stats(),
    close: () => cache.close(),
    [Symbol.asyncDispose]: () => cache.close(),
  };
}

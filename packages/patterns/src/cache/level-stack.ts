import { createKeyedMutex, type Clock } from "@antiphon/std";
import type { Awaitable, CacheEntry, CacheLevel, Invalidation } from "./cache-level.ts";

/** What is done to a level. */
export type LevelOperation = "get" | "set" | "delete" | "deleteTag" | "clear" | "close";

interface LevelStackOptions {
  readonly clock: Clock;
  readonly onFailure: (level: CacheLevel, operation: LevelOperation, error: unknown) => void;
}

interface StoreOptions {
  readonly depth?: number;
  readonly isOutdated?: () => boolean;
}

/** Levels from the fastest to the largest, as one; a level that fails is passed over. */
export class LevelStack {
  readonly levels: readonly CacheLevel[];
  readonly #options: LevelStackOptions;
  /** Writes of one key happen one after another, or two levels could end up with different values. */
  readonly #writes = createKeyedMutex<string>();
  /** How often all or some unknown keys were removed; a write that began before must not go on. */
  #generation = 0;

  constructor(levels: readonly CacheLevel[], options: LevelStackOptions) {
    this.levels = levels;
    this.#options = options;
  }

  /** The first live entry from level `from` on down, and the depth at which it was. */
  async find(key: string, from: number): Promise<{ entry: CacheEntry; depth: number } | undefined> {
    for (let depth = from; depth < this.levels.length; depth++) {
      const entry = await this.#attempt(depth, "get", (level) => level.get(key));
      if (entry !== undefined && entry.expiresAtMs > this.#options.clock.now()) return { entry, depth };
    }
    return undefined;
  }

  /** The entry of the first level, at once where that level is in memory. */
  first(key: string): Awaitable<CacheEntry | undefined> {
    return this.#attemptSync(0, "get", (level) => level.get(key));
  }

  /**
   * Writes an entry into the levels above `depth`, the largest first, so that a reader never finds less below than above; nothing
   * when `isOutdated` says so.
   */
  store(key: string, entry: CacheEntry, options: StoreOptions = {}): Promise<void> {
    const { depth = this.levels.length, isOutdated = () => false } = options;
    const generation = this.#generation;
    return this.#write(key, async () => {
      for (let index = depth - 1; index >= 0; index--) {
        if (isOutdated() || generation !== this.#generation) return;
        await this.#storeIn(index, key, entry);
      }
    });
  }

  /** Removes an entry from the levels above `depth`; false when none had it. */
  delete(key: string, depth = this.levels.length): Promise<boolean> {
    return this.#write(key, async () => {
      let isFound = false;
      for (let index = depth - 1; index >= 0; index--)
        isFound = (await this.#attempt(index, "delete", (level) => level.delete(key))) === true || isFound;
      return isFound;
    });
  }

  /** Does what an invalidation says to the levels above `depth`. */
  async invalidate(invalidation: Invalidation, depth = this.levels.length): Promise<void> {
    if (invalidation.type === "keys") {
      for (const key of invalidation.keys) await this.delete(key, depth);
      return;
    }
    this.#generation++;
    for (let index = depth - 1; index >= 0; index--) {
      if (invalidation.type === "all") await this.#attempt(index, "clear", (level) => level.clear());
      else await this.#attempt(index, "deleteTag", (level) => level.deleteTag(invalidation.tag));
    }
  }

  /** Closes all levels. */
  async close(): Promise<void> {
    for (const index of this.levels.keys()) await this.#attempt(index, "close", (level) => level.close());
  }

  async #storeIn(index: number, key: string, entry: CacheEntry): Promise<void> {
    const isStored = await this.#attempt(index, "set", async (level) => {
      await level.set(key, entry);
      return true;
    });
    // Whatever the level kept under the key is old now.
    if (isStored !== true) await this.#attempt(index, "delete", (level) => level.delete(key));
  }

  #write<T>(key: string, write: () => Promise<T>): Promise<T> {
    return this.levels.length === 1 ? write() : this.#writes.run(key, write);
  }

  async #attempt<T>(
    index: number,
    operation: LevelOperation,
    run: (level: CacheLevel) => Awaitable<T>,
  ): Promise<T | undefined> {
    return this.#attemptSync(index, operation, run);
  }

  #attemptSync<T>(
    index: number,
    operation: LevelOperation,
    run: (level: CacheLevel) => Awaitable<T>,
  ): Awaitable<T | undefined> {
    const level = this.levels[index] as CacheLevel;
    const fail = (error: unknown) => {
      this.#options.onFailure(level, operation, error);
      return undefined;
    };
    try {
      const result = run(level);
      return result instanceof Promise ? result.catch(fail) : result;
    } catch (error) {
      return fail(error);
    }
  }
}

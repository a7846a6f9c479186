import { createSeededRandom } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import { createMemoryCache, type MemoryCacheOptions } from "../memory-cache.ts";
import { CacheStrategy } from "./eviction-policy.ts";

function cacheOf(strategy: CacheStrategy, options: MemoryCacheOptions<string, number> = {}) {
  return createMemoryCache<string, number>({ strategy, maxEntries: 3, ...options });
}

/** Stores a to c, uses a twice and c once, and stores d. */
function keysAfterOverflow(strategy: CacheStrategy): string[] {
  const cache = cacheOf(strategy);
  const ttlMs = { a: 30_000, b: 20_000, c: 10_000, d: 40_000 };
  for (const key of ["a", "b", "c"] as const) cache.set(key, 1, { ttlMs: ttlMs[key] });
  for (const key of ["c", "a", "a", "missing"]) cache.get(key);
  cache.set("d", 1, { ttlMs: ttlMs.d });
  return [...cache.keys()].sort();
}

describe("a full cache evicts", () => {
  test("lru: what was used longest ago", () => {
    expect(keysAfterOverflow("lru")).toEqual(["a", "c", "d"]);
  });

  test("fifo: what came in first, however often it was used", () => {
    expect(keysAfterOverflow("fifo")).toEqual(["b", "c", "d"]);
  });

  test("lfu: what was used least often, and never what just came in", () => {
    expect(keysAfterOverflow("lfu")).toEqual(["a", "c", "d"]);
    const cache = cacheOf("lfu");
    for (const key of ["a", "b", "c"]) cache.set(key, 1);
    for (const key of ["a", "b", "c"]) cache.get(key);
    cache.set("d", 1);
    expect([...cache.keys()].sort()).toEqual(["b", "c", "d"]);
  });

  test("ttl: what expires first", () => {
    expect(keysAfterOverflow("ttl")).toEqual(["a", "b", "d"]);
  });

  test("adaptive: keeps what is used often while a scan passes", () => {
    const cache = cacheOf("adaptive", { maxEntries: 100 });
    let hits = 0;
    for (let index = 0; index < 10_000; index++) {
      cache.set(`scan:${index}`, 1);
      const popular = `popular:${index % 60}`;
      if (cache.get(popular) === undefined) cache.set(popular, 1);
      else if (index >= 5_000) hits++;
    }
    expect(hits / 5_000).toBeGreaterThan(0.9);
  });

  test("adaptive: follows a workload that turns from frequency to recency", () => {
    const random = createSeededRandom(3);
    const cache = createMemoryCache<number, number>({ strategy: "adaptive", maxEntries: 200 });
    const use = (key: number) => {
      if (cache.get(key) === undefined) cache.set(key, 1);
    };
    // Each key is used three times within 50 others and never again: a small window keeps almost none of it.
    const useOnce = (from: number, to: number) => {
      for (let step = from; step < to; step++) for (const age of [0, 20, 50]) use(1_000_000 + step - age);
    };
    for (let step = 0; step < 50_000; step++) use(random.integer(0, 400));
    useOnce(0, 20_000);
    const before = cache.stats();
    useOnce(20_000, 30_000);
    expect((cache.stats().hits - before.hits) / 30_000).toBeGreaterThan(0.6);
  });
});

describe.each(Object.values(CacheStrategy))("under random use, %s", (strategy) => {
  test.each([1, 2, 3])("agrees with a plain map and keeps its bounds (seed %i)", (seed) => {
    const random = createSeededRandom(seed);
    const truth = new Map<string, number>();
    const cache = createMemoryCache<string, number>({
      strategy,
      maxEntries: 50,
      maxBytes: 2_000,
      sizeOf: (value) => value,
      onRemove: (key, value) => {
        if (truth.get(key) === value) truth.delete(key);
      },
    });
    for (let step = 0; step < 5_000; step++) {
      const key = `key:${random.integer(0, 120)}`;
      const size = random.integer(1, 150);
      const action = random.next();
      if (action < 0.5) expect(cache.get(key)).toBe(truth.get(key));
      else if (action < 0.9) {
        truth.delete(key);
        cache.set(key, size);
        truth.set(key, size);
      } else if (action < 0.999) {
        const isThere = truth.has(key);
        expect(cache.delete(key)).toBe(isThere);
      } else {
        cache.clear();
        truth.clear();
      }
      const { entries, sizeBytes } = cache.stats();
      expect(entries).toBe(truth.size);
      expect(entries).toBeLessThanOrEqual(50);
      expect(sizeBytes).toBe([...truth.values()].reduce((sum, value) => sum + value, 0));
    }
    expect([...cache.keys()].sort()).toEqual([...truth.keys()].sort());
  });
});

import { createManualClock } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import { createMemoryCache } from "./memory-cache.ts";

describe("createMemoryCache", () => {
  test("entries live as long as the cache or they themselves say", async () => {
    const clock = createManualClock();
    const cache = createMemoryCache<string, number>({ ttlMs: 1000, clock });
    cache.set("default", 1);
    cache.set("longer", 2, { ttlMs: 2000 });
    cache.set("forever", 3, { ttlMs: Infinity });
    await clock.advance(1000);
    expect([cache.get("default"), cache.get("longer"), cache.get("forever")]).toEqual([undefined, 2, 3]);
    await clock.advance(1000);
    expect([cache.peek("longer"), cache.delete("longer")]).toEqual([undefined, false]);
    expect(cache.stats()).toMatchObject({ entries: 1, expirations: 2, hits: 2, misses: 1 });
  });

  test("says why each entry left", async () => {
    const clock = createManualClock();
    const left: string[] = [];
    const cache = createMemoryCache<number, string>({
      strategy: "lru",
      maxEntries: 2,
      clock,
      onRemove: (key, value, reason) => left.push(`${key} ${value} ${reason}`),
    });
    cache.set(1, "a");
    cache.set(1, "b");
    cache.set(2, "c", { ttlMs: 10 });
    cache.set(3, "d");
    await clock.advance(10);
    cache.get(2);
    cache.delete(3);
    cache.set(4, "e");
    cache.clear();
    expect(left).toEqual(["1 a replaced", "1 b evicted", "2 c expired", "3 d deleted", "4 e deleted"]);
  });

  test("refuses a value that is bigger than the cache, and bounds that make no sense", () => {
    const cache = createMemoryCache<string, number>({ maxBytes: 10, sizeOf: (value) => value });
    cache.set("key", 10);
    expect(cache.set("key", 11)).toBe(false);
    expect(cache.get("key")).toBeUndefined();
    expect(cache.stats()).toMatchObject({ rejections: 1, entries: 0, sizeBytes: 0, maxBytes: 10, maxEntries: null });
    const code = "CACHE_OPTIONS_INVALID";
    expect(() => createMemoryCache({ maxEntries: 0 })).toThrow(expect.objectContaining({ code }));
    expect(() => createMemoryCache({ maxBytes: Number.NaN, sizeOf: () => 1 })).toThrow(
      expect.objectContaining({ code }),
    );
    expect(() => createMemoryCache({ maxBytes: 5 })).toThrow(expect.objectContaining({ code }));
  });
});

import { describe, expect, test } from "vitest";
import { describeCacheLevel } from "./cache-level.contract.ts";
import { createMemoryLevel } from "./memory-level.ts";

describe("the level in memory", () => {
  describeCacheLevel((clock) => Promise.resolve(createMemoryLevel({ clock })));

  test("is bounded by bytes, as values in JSON or binary take them", () => {
    const level = createMemoryLevel({ maxBytes: 1000, strategy: "lru" });
    const entry = { freshUntilMs: Infinity, expiresAtMs: Infinity, tags: ["t"], isNegative: false };
    void level.set("big", { ...entry, value: new Uint8Array(1001) });
    expect(level.stats().entries).toBe(0);
    for (const key of ["a", "b", "c"]) void level.set(key, { ...entry, value: new Uint8Array(400) });
    expect(level.stats()).toMatchObject({ entries: 2, sizeBytes: 800, maxBytes: 1000, evictions: 1 });
    void level.set("b", { ...entry, value: { title: "x".repeat(50) } });
    expect(level.stats()).toMatchObject({ entries: 2, sizeBytes: 400 + 2 * '{"title":""}'.length + 100 });
  });
});

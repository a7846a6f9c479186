import { createManualClock, type Clock } from "@antiphon/std";
import { afterEach, expect, test } from "vitest";
import type { CacheEntry, CacheLevel } from "./cache-level.ts";

/** What every level must do: call it in a `describe`, with a way to open an empty level that reads the given clock. */
export function describeCacheLevel(open: (clock: Clock) => Promise<CacheLevel>): void {
  const levels: CacheLevel[] = [];
  // Now, because a server has a clock of its own.
  const start = async () => {
    const clock = createManualClock({ startMs: Date.now() });
    const level = await open(clock);
    levels.push(level);
    const entryOf = (value: unknown, facts: Partial<CacheEntry> = {}): CacheEntry => ({
      value,
      freshUntilMs: Infinity,
      expiresAtMs: Infinity,
      tags: [],
      isNegative: false,
      ...facts,
    });
    return { clock, level, entryOf };
  };
  afterEach(async () => {
    for (const level of levels.splice(0)) await level.close();
  });

  test("gives back what was stored, with all its facts", async () => {
    const { clock, level, entryOf } = await start();
    const entry = entryOf(
      { title: "Ænima", tags: [1, null, "two"] },
      { freshUntilMs: clock.now() + 60_000, expiresAtMs: clock.now() + 90_000, tags: ["guild:1", "guild:2"] },
    );
    await level.set("track:1", entry);
    expect(await level.get("track:1")).toEqual(entry);
    expect(await level.get("track:2")).toBeUndefined();
  });

  test("keeps binary data, text, numbers and false as they are", async () => {
    const { level, entryOf } = await start();
    for (const value of [Uint8Array.of(0, 255, 7), "", "text", 0, -1.5, false, null, []]) {
      await level.set("key", entryOf(value));
      expect((await level.get("key"))?.value).toEqual(value);
    }
  });

  test("keeps the knowledge that there is no value", async () => {
    const { level, entryOf } = await start();
    await level.set("key", entryOf(undefined, { isNegative: true }));
    expect(await level.get("key")).toMatchObject({ isNegative: true, value: undefined });
  });

  test("replaces an entry with its tags", async () => {
    const { level, entryOf } = await start();
    await level.set("key", entryOf("old", { tags: ["a"] }));
    await level.set("key", entryOf("new", { tags: ["b"] }));
    expect((await level.get("key"))?.value).toBe("new");
    await level.deleteTag("b");
    expect(await level.get("key")).toBeUndefined();
  });

  test("forgets an entry when its time is over", async () => {
    const { clock, level, entryOf } = await start();
    await level.set("key", entryOf("value", { expiresAtMs: clock.now() + 60_000 }));
    await clock.advance(59_999);
    expect((await level.get("key"))?.value).toBe("value");
    await clock.advance(1);
    expect(await level.get("key")).toBeUndefined();
  });

  test("deletes by key, by tag, and all", async () => {
    const { level, entryOf } = await start();
    for (const [key, tags] of Object.entries({ a: ["x"], b: ["x", "y"], c: ["y"], d: [] }))
      await level.set(key, entryOf(key, { tags }));
    expect(await level.delete("d")).toBe(true);
    expect(await level.delete("d")).toBe(false);
    await level.deleteTag("x");
    await level.deleteTag("unknown");
    const found = async () => {
      const entries = await Promise.all(["a", "b", "c", "d"].map(async (key) => level.get(key)));
      return entries.map((entry) => entry?.value);
    };
    expect(await found()).toEqual([undefined, undefined, "c", undefined]);
    await level.clear();
    expect(await found()).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("takes any text as key and tag", async () => {
    const { level, entryOf } = await start();
    for (const text of ["", " ", "a b", "ключ", "a:b:*", "'; DROP TABLE entries", "\u0000", "x".repeat(10_000)]) {
      await level.set(text, entryOf(text, { tags: [text] }));
      expect((await level.get(text))?.value).toBe(text);
      await level.deleteTag(text);
      expect(await level.get(text)).toBeUndefined();
    }
  });

  test("counts hits and misses", async () => {
    const { level, entryOf } = await start();
    await level.set("key", entryOf("value"));
    await level.get("key");
    await level.get("key");
    await level.get("other");
    await level.get("another");
    expect(level.stats()).toMatchObject({ name: level.name, hits: 2, misses: 2, hitRatio: 0.5, failures: 0 });
  });

  test("may be closed twice", async () => {
    const { level } = await start();
    await level.close();
    await level.close();
  });
}

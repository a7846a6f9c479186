import { createManualClock } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import type { CacheLevel } from "./cache-level.ts";
import { createCache, type CacheEvent, type CacheOptions } from "./create-cache.ts";
import { createMemoryLevel } from "./memory-level.ts";

function start(options: CacheOptions = {}) {
  const clock = createManualClock();
  const cache = createCache<string>({ clock, ...options });
  const events: CacheEvent[] = [];
  for (const type of ["levelFailed", "revalidateFailed"] as const) cache.on(type, (event) => events.push(event));
  return { clock, cache, events };
}

/** A loader whose calls end when the test says so. */
function createLoader() {
  const calls: {
    readonly signal: AbortSignal;
    resolve(value: string | undefined): void;
    reject(error: Error): void;
  }[] = [];
  const load = ({ signal }: { readonly signal: AbortSignal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    calls.push({ signal, resolve, reject });
    return promise;
  };
  return { calls, load };
}

/** A second level that can be made to fail, and whose reads can be held back. */
function createLowerLevel() {
  const memory = createMemoryLevel();
  const state = { isBroken: false, gate: Promise.resolve() };
  const guard = async <T>(run: () => T | Promise<T>) => {
    if (state.isBroken) throw new Error("the level is broken");
    const result = await run();
    await state.gate;
    return result;
  };
  const level: CacheLevel = {
    ...memory,
    name: "lower",
    get: (key) => guard(() => memory.get(key)),
    set: (key, entry) => guard(() => memory.set(key, entry)),
    delete: (key) => guard(() => memory.delete(key)),
  };
  return { level, state };
}

const settle = async () => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

describe("get, set, delete", () => {
  test("values live as long as the cache says, or the value", async () => {
    const { clock, cache } = start({ ttlMs: 1000 });
    await cache.set("short", "1");
    await cache.set("long", "2", { ttlMs: 5000 });
    await clock.advance(1000);
    expect([await cache.get("short"), await cache.get("long")]).toEqual([undefined, "2"]);
    expect(await cache.delete("long")).toBe(true);
    expect(await cache.delete("long")).toBe(false);
  });

  test("groups go together by tag", async () => {
    const { cache } = start();
    await cache.set("a", "1", { tags: ["guild:1"] });
    await cache.set("b", "2", { tags: ["guild:1", "guild:2"] });
    await cache.set("c", "3", { tags: ["guild:2"] });
    await cache.deleteTag("guild:1");
    expect([await cache.get("a"), await cache.get("b"), await cache.get("c")]).toEqual([undefined, undefined, "3"]);
    await cache.clear();
    expect(await cache.get("c")).toBeUndefined();
  });

  test("counts what it did, for the whole and each level", async () => {
    const { cache } = start({ maxEntries: 2, strategy: "lru" });
    for (const key of ["a", "b", "c"]) await cache.set(key, key);
    await cache.get("c");
    await cache.get("a");
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 1, hitRatio: 0.5, evictions: 1, levelFailures: 0 });
    expect(cache.stats().levels).toMatchObject([{ name: "memory", hits: 1, misses: 1, entries: 2, maxEntries: 2 }]);
  });

  test("refuses work after close, and no levels at all", async () => {
    const { cache } = start();
    await cache.close();
    await cache.close();
    await expect(cache.get("a")).rejects.toMatchObject({ code: "CACHE_CLOSED" });
    await expect(cache.set("a", "1")).rejects.toMatchObject({ code: "CACHE_CLOSED" });
    await expect(cache.clear()).rejects.toMatchObject({ code: "CACHE_CLOSED" });
    expect(() => createCache({ levels: [] })).toThrow(expect.objectContaining({ code: "CACHE_OPTIONS_INVALID" }));
  });
});

describe("getOrLoad", () => {
  test("loads a missing value once for all who ask", async () => {
    const { cache } = start();
    const { calls, load } = createLoader();
    const waiting = Array.from({ length: 10 }, () => cache.getOrLoad("key", load));
    await settle();
    expect(calls.length).toBe(1);
    calls[0]?.resolve("value");
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["value"]));
    expect(await cache.getOrLoad("key", load)).toBe("value");
    expect(cache.stats()).toMatchObject({ loads: 1, coalesced: 9, misses: 10, hits: 1 });
  });

  test("gives a failure to all who wait, and loads again for the next", async () => {
    const { cache } = start();
    const { calls, load } = createLoader();
    const waiting = [cache.getOrLoad("key", load), cache.getOrLoad("key", load)];
    await settle();
    calls[0]?.reject(new Error("no"));
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const next = cache.getOrLoad("key", load);
    await settle();
    calls[1]?.resolve("value");
    expect(await next).toBe("value");
    expect(cache.stats()).toMatchObject({ loads: 2, loadFailures: 1 });
  });

  test("a caller may give up; the load ends when the last one does", async () => {
    const { cache } = start();
    const { calls, load } = createLoader();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = cache.getOrLoad("key", load, { signal: one.signal });
    const second = cache.getOrLoad("key", load, { signal: two.signal });
    await settle();
    one.abort(new Error("first left"));
    await expect(first).rejects.toThrow("first left");
    expect(calls[0]?.signal.aborted).toBe(false);
    two.abort(new Error("second left"));
    await expect(second).rejects.toThrow("second left");
    expect(calls[0]?.signal.aborted).toBe(true);
    // What the abandoned load still gives is not stored, and the next caller starts anew.
    calls[0]?.resolve("late");
    await settle();
    expect(await cache.get("key")).toBeUndefined();
    await expect(cache.getOrLoad("key", load, { signal: one.signal })).rejects.toThrow("first left");
  });

  test("a stale value stands in while it is loaded again, and stays when that fails", async () => {
    const { clock, cache, events } = start({ ttlMs: 1000, staleMs: 9000 });
    const { calls, load } = createLoader();
    await cache.set("key", "old");
    await clock.advance(1000);
    expect(await cache.get("key")).toBeUndefined();
    expect([await cache.getOrLoad("key", load), await cache.getOrLoad("key", load)]).toEqual(["old", "old"]);
    expect(calls.length).toBe(1);
    calls[0]?.reject(new Error("no"));
    await settle();
    expect(events).toMatchObject([{ type: "revalidateFailed", key: "key" }]);
    expect(await cache.getOrLoad("key", load)).toBe("old");
    calls[1]?.resolve("new");
    await settle();
    expect(await cache.get("key")).toBe("new");
    await clock.advance(10_000);
    expect(cache.stats()).toMatchObject({ staleHits: 3, loads: 2, loadFailures: 1 });
    const last = cache.getOrLoad("key", load);
    await settle();
    calls[2]?.resolve("newest");
    expect(await last).toBe("newest");
  });

  test("remembers that there is no value, where it is told to", async () => {
    const { clock, cache } = start({ negativeTtlMs: 500 });
    let loads = 0;
    const load = async () => {
      loads++;
      return undefined;
    };
    expect([await cache.getOrLoad("key", load), await cache.getOrLoad("key", load)]).toEqual([undefined, undefined]);
    expect(loads).toBe(1);
    expect(cache.stats().negativeHits).toBe(1);
    await clock.advance(500);
    await cache.getOrLoad("key", load);
    await cache.getOrLoad("other", load, { negativeTtlMs: 0 });
    await cache.getOrLoad("other", load, { negativeTtlMs: 0 });
    expect(loads).toBe(4);
  });

  test("what was changed while it was loaded is not overwritten", async () => {
    const { cache } = start();
    const { calls, load } = createLoader();
    const changes = {
      set: () => cache.set("key", "set"),
      delete: () => cache.delete("key"),
      deleteTag: () => cache.deleteTag("t"),
      clear: () => cache.clear(),
    };
    for (const [name, change] of Object.entries(changes)) {
      await cache.clear();
      const loaded = cache.getOrLoad("key", load, { tags: ["t"] });
      await settle();
      await change();
      calls.at(-1)?.resolve("loaded");
      expect(await loaded).toBe("loaded");
      expect(await cache.get("key")).toBe(name === "set" ? "set" : undefined);
    }
  });

  test("close gives up what is being loaded", async () => {
    const { cache } = start();
    const { calls, load } = createLoader();
    const loading = cache.getOrLoad("key", load);
    await settle();
    await cache.close();
    expect(calls[0]?.signal.reason).toMatchObject({ code: "CACHE_CLOSED" });
    calls[0]?.resolve("late");
    await expect(loading).rejects.toMatchObject({ code: "CACHE_CLOSED" });
  });
});

describe("several levels", () => {
  test("a value found below is copied upwards, with its tags", async () => {
    const { level } = createLowerLevel();
    const { cache } = start({ levels: [createMemoryLevel({ maxEntries: 1, strategy: "lru" }), level] });
    await cache.set("a", "1", { tags: ["t"] });
    await cache.set("b", "2");
    expect([await cache.get("a"), await cache.get("a")]).toEqual(["1", "1"]);
    expect(cache.stats().levels).toMatchObject([
      { hits: 1, misses: 1 },
      { hits: 1, misses: 0 },
    ]);
    await cache.deleteTag("t");
    expect(await cache.get("a")).toBeUndefined();
  });

  test("a level that fails is passed over, reported, and does not keep an old value", async () => {
    const { level, state } = createLowerLevel();
    const { cache, events } = start({ levels: [createMemoryLevel(), level] });
    await cache.set("key", "old");
    state.isBroken = true;
    await cache.set("key", "new");
    expect(await cache.get("key")).toBe("new");
    expect(await cache.get("missing")).toBeUndefined();
    expect(events.map((event) => event.type === "levelFailed" && event.operation)).toEqual(["set", "delete", "get"]);
    expect(cache.stats().levelFailures).toBe(3);
  });

  test("a value that was changed while it was looked up below is not copied over the new one", async () => {
    const { level, state } = createLowerLevel();
    const { cache } = start({ levels: [createMemoryLevel({ maxEntries: 1, strategy: "lru" }), level] });
    await cache.set("key", "old");
    await cache.set("other", "x");
    const { promise, resolve } = Promise.withResolvers<void>();
    state.gate = promise;
    const looking = cache.get("key");
    await settle();
    const changing = cache.set("key", "new");
    await settle();
    resolve();
    await Promise.all([looking, changing]);
    expect(await cache.get("key")).toBe("new");
  });

  test("clear stops a write that has reached only some levels", async () => {
    const { level, state } = createLowerLevel();
    const { cache } = start({ levels: [createMemoryLevel(), level] });
    const { promise, resolve } = Promise.withResolvers<void>();
    state.gate = promise;
    const writing = cache.set("key", "value");
    await settle();
    const clearing = cache.clear();
    resolve();
    await Promise.all([writing, clearing]);
    expect(await cache.get("key")).toBeUndefined();
  });
});

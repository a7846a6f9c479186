import { describeWith, startRedis, type ServerProcess } from "@antiphon/services";
import { waitFor, type Clock } from "@antiphon/std";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  connectRedisLevel as connectLevel,
  createCache,
  createMemoryLevel,
  type RedisLevelOptions,
} from "../src/cache/index.ts";
import { describeCacheLevel } from "../src/cache/cache-level.contract.ts";
import { createTestEnvironment } from "../src/testing/index.ts";
import { startGate } from "./gate.ts";

/** No test is about a slow server, and a busy machine may be one. */
const connectRedisLevel = (options: RedisLevelOptions) => connectLevel({ commandTimeoutMs: 30_000, ...options });

describeWith("redis-server", "the level in Redis", () => {
  let server: ServerProcess;
  let namespaces = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());
  const newNamespace = () => `test[*]:${namespaces++}`;
  const openCache = async (namespace: string) => {
    const redis = await connectRedisLevel({ url: server.url, namespace });
    return createCache<string>({ levels: [createMemoryLevel(), redis] });
  };

  describe("as any level", () => {
    describeCacheLevel((clock) => connectRedisLevel({ url: server.url, namespace: newNamespace(), clock }));
  });

  describe("on several servers", () => {
    let second: ServerProcess;
    beforeAll(async () => {
      second = await startRedis();
    });
    afterAll(() => second.close());
    const connect = (namespace: string, clock?: Clock) =>
      connectRedisLevel({ nodes: [server.url, second.url], namespace, clock });

    describe("as any level", () => {
      describeCacheLevel((clock) => connect(newNamespace(), clock));
    });

    test("they share the keys, and what one instance changes on either leaves the memory of the others", async () => {
      const namespace = newNamespace();
      const open = async () => createCache<number>({ levels: [createMemoryLevel(), await connect(namespace)] });
      await using left = await open();
      await using right = await open();
      for (let key = 0; key < 100; key++) await left.set(`k${key}`, key);
      for (let key = 0; key < 100; key++) expect(await right.get(`k${key}`)).toBe(key);
      for (const { url } of [server, second]) {
        const client = new Redis(url);
        const share = (await client.keys("*")).filter((key) => key.startsWith(`${namespace}:e:`)).length;
        expect(share).toBeGreaterThan(20);
        client.disconnect();
      }
      await left.clear();
      await vi.waitFor(() => expect(right.stats().levels[0]?.entries).toBe(0), { timeout: 60_000 });
    });

    test("one that cannot be reached at the start is named", async () => {
      const nodes = [server.url, "redis://127.0.0.1:1"];
      await expect(connectRedisLevel({ nodes })).rejects.toMatchObject({
        code: "CACHE_REDIS_UNAVAILABLE",
        details: { address: "127.0.0.1:1" },
      });
      await expect(connectRedisLevel({ nodes: [] })).rejects.toMatchObject({ code: "CACHE_OPTIONS_INVALID" });
    });
  });

  test("is at REDIS_URL when nothing else is said", async () => {
    using _environment = createTestEnvironment({ REDIS_URL: server.url });
    const level = await connectRedisLevel({ namespace: newNamespace() });
    await level.set("a", { value: 1, isNegative: false, freshUntilMs: Infinity, expiresAtMs: Infinity, tags: [] });
    expect(await level.get("a")).toMatchObject({ value: 1 });
    await level.close();
  });

  test("what one instance changes leaves the memory of the others", async () => {
    const namespace = newNamespace();
    await using left = await openCache(namespace);
    await using right = await openCache(namespace);
    const rightMemory = () => right.stats().levels[0]?.entries;

    await left.set("a", "1", { tags: ["t"] });
    await left.set("b", "1", { tags: ["t"] });
    expect([await right.get("a"), await right.get("b")]).toEqual(["1", "1"]);
    expect(rightMemory()).toBe(2);
    await left.set("a", "2");
    await vi.waitFor(() => expect(rightMemory()).toBe(1), { timeout: 60_000 });
    expect(await right.get("a")).toBe("2");
    await left.deleteTag("t");
    // Both have been in the tag; Redis keeps an entry in a tag that it once had.
    await vi.waitFor(() => expect(rightMemory()).toBe(1), { timeout: 60_000 });
    expect(await right.get("b")).toBeUndefined();
    await left.clear();
    await vi.waitFor(() => expect(rightMemory()).toBe(0), { timeout: 60_000 });
    expect(await right.get("a")).toBeUndefined();
  });

  test("a tag's set in Redis goes with its entries, and clear touches no other namespace", async () => {
    const namespace = newNamespace();
    const client = new Redis(server.url);
    await using cache = await openCache(namespace);
    await client.set("somebody:else", "1");
    await cache.set("a", "1", { ttlMs: 60_000, tags: ["t"] });
    expect(await client.pttl(`${namespace}:t:t`)).toBeGreaterThan(0);
    await cache.set("b", "1", { tags: ["t"] });
    expect(await client.pttl(`${namespace}:t:t`)).toBe(-1);
    await cache.clear();
    const keys = await client.keys("*");
    expect(keys.filter((key) => key.startsWith(namespace))).toEqual([]);
    expect(keys).toContain("somebody:else");
    client.disconnect();
  });

  test("messages of others on its channel and bytes of others under its keys are ignored", async () => {
    const namespace = newNamespace();
    const client = new Redis(server.url);
    await using cache = await openCache(namespace);
    await cache.set("a", "1");
    for (const message of ["", "x", 'x {"type":"keys"}', 'x {"type":"tag","tag":1}', "x null", "x {"])
      await client.publish(`${namespace}:changes`, message);
    await client.set(`${namespace}:e:b`, "no entry");
    await client.set(`${namespace}:e:c`, Buffer.from([255, 255, 255, 255, 0]));
    expect([await cache.get("b"), await cache.get("c")]).toEqual([undefined, undefined]);
    await client.publish(`${namespace}:changes`, 'x {"type":"keys","keys":["a"]}');
    await vi.waitFor(() => expect(cache.stats().levels[0]?.entries).toBe(0), { timeout: 60_000 });
    client.disconnect();
  });

  test("says where it cannot connect, without the password", async () => {
    const failed = connectRedisLevel({ url: "redis://user:hunter2@127.0.0.1:1" });
    await expect(failed).rejects.toMatchObject({ code: "CACHE_REDIS_UNAVAILABLE", retryable: true });
    await expect(failed).rejects.toThrow("127.0.0.1:1");
    await expect(failed).rejects.not.toThrow("hunter2");
    await expect(connectRedisLevel({ url: "nowhere" })).rejects.toMatchObject({ code: "CACHE_OPTIONS_INVALID" });
    await expect(connectRedisLevel({ url: server.url, signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow(
      "no",
    );
  });

  test("Redis gone and back: the cache goes on, and nothing old comes back", async () => {
    const own = await startRedis();
    const proxy = await startGate(own.port);
    const redis = await connectRedisLevel({ url: `redis://127.0.0.1:${proxy.port}`, namespace: "chaos" });
    await using cache = createCache<string>({ levels: [createMemoryLevel(), redis] });
    await cache.set("kept", "1");
    await cache.set("changed", "1");
    await cache.set("deleted", "1");
    await cache.set("tagged", "1", { tags: ["t"] });

    const failure = waitFor(cache, "levelFailed");
    proxy.shut();
    await cache.set("changed", "2");
    await cache.delete("deleted");
    await cache.deleteTag("t");
    expect((await failure).level).toBe("redis");
    // Memory still answers, and what is missing is loaded.
    expect(await cache.get("changed")).toBe("2");
    expect(await cache.getOrLoad("fresh", async () => "3")).toBe("3");
    expect(await cache.get("deleted")).toBeUndefined();

    proxy.open();
    // Once the subscription is back memory is emptied, because invalidations may have been missed.
    await vi.waitFor(() => expect(cache.stats().levels[0]?.entries).toBe(0), { timeout: 60_000 });
    await vi.waitFor(async () => expect(await cache.get("kept")).toBe("1"), { timeout: 60_000 });
    for (const key of ["changed", "deleted", "tagged", "fresh"]) expect(await cache.get(key)).toBeUndefined();
    await proxy.close();
    await own.close();
  });
});

import { describeWith, startRedis, type ServerProcess } from "@antiphon/services";
import { createManualClock } from "@antiphon/std";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRedisCacheAdapter } from "@antiphon/core";
import { describeCacheAdapter } from "../src/cache/cache-adapter.contract.ts";

describeWith("redis-server", "the cache's adapter for Redis", () => {
  let server: ServerProcess;
  let redis: Redis;
  let namespaces = 0;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    await redis.quit();
    await server.close();
  });
  const open = (namespace = `test:${namespaces++}`) =>
    Promise.resolve(createRedisCacheAdapter({ redis, namespace, ttlMs: 60_000 }));

  describeCacheAdapter("Redis", () => open());

  it("keeps bots apart by their namespace, lets entries expire, and leaves the client open", async () => {
    const [left, right] = [await open("left"), await open("right")];
    await left.write([{ type: "put", kind: "users", group: "", key: "1", value: { id: "1" } }]);
    expect(await right.read("users", ["1"])).toEqual([undefined]);
    for (const key of await redis.keys("left:*")) expect(await redis.pttl(key)).toBeGreaterThan(0);
    await left.close();
    expect(await redis.ping()).toBe("PONG");
  });

  it("forgets in a busy group what has expired there, so that the group does not grow for ever", async () => {
    const clock = createManualClock({ startMs: 1_800_000_000_000 });
    const adapter = createRedisCacheAdapter({ redis, namespace: "busy", ttlMs: 60_000, clock });
    const say = (id: string) =>
      adapter.write([{ type: "put", kind: "messages", group: "500", key: `500:${id}`, value: { id } }]);
    const ids = async () => (await adapter.readGroup("messages", "500")).map((value) => (value as { id: string }).id);
    await say("1");
    await clock.advance(40_000);
    await say("2");
    expect((await ids()).toSorted()).toEqual(["1", "2"]);
    await clock.advance(40_000);
    expect(await ids()).toEqual(["2"]);
    await say("3");
    const [group] = await redis.keys("busy:*in*500");
    expect(await redis.zcard(group ?? "")).toBe(2);
  });

  it("wants a time to live that Redis takes", () => {
    for (const ttlMs of [0, 1.5, Number.NaN])
      expect(() => createRedisCacheAdapter({ redis, ttlMs })).toThrow(
        expect.objectContaining({ code: "CORE_OPTION_INVALID" }),
      );
  });
});

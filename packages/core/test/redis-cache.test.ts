import { describeWith, startRedis, type ServerProcess } from "@antiphon/services";
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
});

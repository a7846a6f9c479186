import { describeWith, startRedis } from "@antiphon/services";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRedisStore } from "../src/stores/index.ts";
import { describeStateStore } from "../src/stores/state-store.contract.ts";
import { channelId, eventually, guildId, openWorld, trackOf } from "./world.ts";

describeWith("redis-server", "state in Redis", () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.url);
  });
  afterAll(async () => {
    client.disconnect();
    await server.close();
  });

  describeStateStore("redis", async () => {
    await client.flushall();
    return createRedisStore({ client });
  });

  test("two bots on one server keep apart, and what one left is there for its next run", async () => {
    await client.flushall();
    const other = createRedisStore({ client, key: "other" });
    await other.set("a", "1");
    expect(await createRedisStore({ client }).entries()).toEqual(new Map());
    const store = createRedisStore({ client });
    const { lavalink, simulators, signaling, clock, events } = await openWorld({ client: { store } });
    const player = await lavalink.join({ guildId, channelId });
    await player.play(trackOf(await lavalink.load("morning")));
    await eventually(() => events.some(({ type }) => type === "trackStart"));
    await lavalink.close({ keepPlaying: true });
    expect([...(await store.entries()).keys()].toSorted()).toEqual([
      `player/${guildId}`,
      `queue/${guildId}`,
      "session/node0",
    ]);
    expect([simulators.length, signaling.requests.length, clock.pendingTimers > 0]).toEqual([1, 1, true]);
  });
});

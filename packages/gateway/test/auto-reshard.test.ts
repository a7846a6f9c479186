import { setImmediate } from "node:timers/promises";
import { shardIdOf } from "@antiphon/protocol/discord";
import { createManualClock, waitFor } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Gateway, IdentifyRequest, OpenGatewaySocket } from "../src/index.ts";
import { openGatewaySocket } from "../src/open-gateway-socket.ts";
import { gatewayInfo, startRig, type Rig } from "./rig.ts";

const patiently = { timeout: 20_000 };
const HOUR_MS = 3_600_000;

let rig: Rig;
beforeEach(async () => {
  // No second heartbeat within the hour that a manual clock jumps over, faster than one could be answered.
  rig = await startRig({ heartbeatIntervalMs: 2 * HOUR_MS });
});
afterEach(() => rig[Symbol.asyncDispose]());

/** A second guild that lives on another shard of two, and of four, than the first. */
function addFarGuild({ simulator: { world }, guildId, botUserId, userId }: Rig) {
  const offset = shardIdOf(guildId, 2) === 0 ? 1n : 0n;
  const id = String(((1_000_000n * 4n + offset) << 22n) + 1n);
  world.addGuild({ name: "Far", id, ownerId: userId });
  world.addMember(id, botUserId);
  return { id, channelId: world.addChannel(id, { name: "far", type: "text" }).id };
}

/** Notes what is said, and which guilds come. */
function follow(gateway: Gateway) {
  const contents: string[] = [];
  const guildIds: string[] = [];
  gateway.subscribe(({ type, data }) => {
    if (type === "MESSAGE_CREATE") contents.push((data as { readonly content: string }).content);
    if (type === "GUILD_CREATE") guildIds.push((data as { readonly id: string }).id);
  });
  return { contents, guildIds };
}

/** Sockets of which one can be closed as Discord closes that of a shard which has too many guilds. */
function createRefusingSockets() {
  const refusals: (() => void)[] = [];
  const openSocket: OpenGatewaySocket = (url, handlers) => {
    const socket = openGatewaySocket(url, handlers);
    refusals.push(() => {
      handlers.onClosed(4011, "Sharding required");
      socket.abort();
    });
    return socket;
  };
  // Shards open their sockets in their order.
  return { openSocket, refuse: (shardId: number) => refusals[shardId]?.() };
}

/** Discord's word on how many shards there should be. */
function recommending(shards: { count: number }) {
  return async () => ({ ...(await gatewayInfo(rig.simulator, rig.token)), shards: shards.count });
}

/** Says something now and then. The clock stands still: however busy the machine, no wait ends before what it is for. */
async function sayUntil(progress: { readonly isDone: boolean }, say: () => void): Promise<void> {
  for (let turn = 0; !progress.isDone; turn++) {
    if (turn % 20 === 0) say();
    await setImmediate();
  }
}

describe('reshard: "auto"', () => {
  it("has more shards once Discord recommends them, and loses no event and doubles none", async () => {
    const far = addFarGuild(rig);
    const clock = createManualClock();
    const shards = { count: 1 };
    const gateway = rig.gateway({ clock, reshard: "auto", gatewayInfo: recommending(shards) });
    const { contents, guildIds } = follow(gateway);
    await gateway.connect();
    await expect.poll(() => guildIds.length, patiently).toBe(2);
    shards.count = 2;
    const said: string[] = [];
    const say = () => {
      const channelId = said.length % 2 === 1 ? far.channelId : rig.channelId;
      said.push(`message ${said.length}`);
      rig.simulator.world.sendMessage({ channelId, authorId: rig.userId, content: said.at(-1) ?? "" });
    };
    const progress = { isDone: false };
    const resharded = waitFor(gateway, "resharded").finally(() => (progress.isDone = true));
    await clock.advance(HOUR_MS - 1);
    expect(progress.isDone).toBe(false);
    await clock.advance(1);
    await sayUntil(progress, say);
    expect(await resharded).toMatchObject({ from: 1, to: 2 });
    for (let index = 0; index < 10; index++) say();
    await expect.poll(() => contents.length, patiently).toBe(said.length);
    const half = (texts: readonly string[], remainder: number) =>
      texts.filter((text) => Number(text.slice(8)) % 2 === remainder);
    expect([half(contents, 0), half(contents, 1)]).toEqual([half(said, 0), half(said, 1)]);
    expect(guildIds).toHaveLength(2);
  });

  it("has more when Discord refuses a shard with 4011, while the others go on", async () => {
    const far = addFarGuild(rig);
    const { openSocket, refuse } = createRefusingSockets();
    const gateway = rig.gateway({ clock: createManualClock(), reshard: "auto", shardCount: 2, openSocket });
    const { contents, guildIds } = follow(gateway);
    await gateway.connect();
    await expect.poll(() => guildIds.length, patiently).toBe(2);
    const resharded = waitFor(gateway, "resharded");
    refuse(shardIdOf(rig.guildId, 2));
    const said: string[] = [];
    const sayFar = () => {
      said.push(`far ${said.length}`);
      rig.simulator.world.sendMessage({ channelId: far.channelId, authorId: rig.userId, content: said.at(-1) ?? "" });
    };
    const progress = { isDone: false };
    const done = resharded.finally(() => (progress.isDone = true));
    await sayUntil(progress, sayFar);
    // Discord's number is still 1, so twice as many as were refused.
    expect(await done).toMatchObject({ from: 2, to: 4 });
    sayFar();
    rig.say("near");
    await expect.poll(() => contents.length, patiently).toBe(said.length + 1);
    expect(contents.filter((content) => content !== "near")).toEqual(said);
    // What the lost shard missed is in the guild that the new session tells of; the other guild is no news.
    expect(guildIds.toSorted()).toEqual([rig.guildId, rig.guildId, far.id].toSorted());
    expect(gateway.getStats()).toMatchObject({ shardCount: 4 });
  });

  it("starts with more when the first number is refused", async () => {
    const never = new Promise<void>(() => {});
    const acquire = (shardId: number, { shardCount }: IdentifyRequest = {}) =>
      shardId === 1 && shardCount === 2 ? never : Promise.resolve();
    const gateway = rig.gateway({ reshard: "auto", shardCount: 2, identifyGate: { acquire } });
    const { contents } = follow(gateway);
    const connected = gateway.connect();
    await expect
      .poll(() => rig.simulator.world.dropConnections({ code: 4011, shardCount: 2 }), patiently)
      .toBeGreaterThan(0);
    await connected;
    expect(gateway.getStats()).toMatchObject({ shardCount: 4 });
    rig.say("heard");
    await expect.poll(() => contents, patiently).toEqual(["heard"]);
  });

  it("ends when more shards do not help, and is not for some shards of many", async () => {
    const shards = { count: 2 };
    const info = recommending(shards);
    const gateway = rig.gateway({
      reshard: "auto",
      gatewayInfo: () => (shards.count === 0 ? Promise.reject(new Error("broken")) : info()),
    });
    await gateway.connect();
    shards.count = 0;
    rig.simulator.world.dropConnections({ code: 4011 });
    expect(await gateway.closed).toMatchObject({ kind: "fatal", error: { code: "GATEWAY_INFO_UNAVAILABLE" } });
    expect(() => rig.gateway({ reshard: "auto", shardIds: [0] })).toThrow("shardIds");
  });
});

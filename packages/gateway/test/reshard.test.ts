import { setImmediate } from "node:timers/promises";
import { shardIdOf } from "@antiphon/protocol/discord";
import { createManualClock } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createMemorySessionStore,
  type GatewayEvent,
  type IdentifyRequest,
  type OpenGatewaySocket,
} from "../src/index.ts";
import { openGatewaySocket } from "../src/open-gateway-socket.ts";
import { logMessages, startRig, type Rig } from "./rig.ts";

const patiently = { timeout: 20_000 };

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** A second guild that lives on another shard of two than the first. */
function addFarGuild({ simulator: { world }, guildId, botUserId, userId }: Rig) {
  const offset = shardIdOf(guildId, 2) === 0 ? 1n : 0n;
  const id = String(((1_000_000n * 2n + offset) << 22n) + 1n);
  world.addGuild({ name: "Far", id, ownerId: userId });
  world.addMember(id, botUserId);
  return world.addChannel(id, { name: "far", type: "text" }).id;
}

describe("reshard", () => {
  it("goes from one shard to two and loses no event, delivers none twice, and keeps the order of a guild", async () => {
    const farChannelId = addFarGuild(rig);
    const clock = createManualClock();
    const sessionStore = createMemorySessionStore();
    const gateway = rig.gateway({ clock, shardCount: 1, sessionStore });
    const contents: string[] = [];
    const shardsOfMessages = new Set<number>();
    let guilds = 0;
    gateway.subscribe(({ type, data, shardId }) => {
      if (type === "GUILD_CREATE") guilds++;
      if (type !== "MESSAGE_CREATE") return;
      contents.push((data as { readonly content: string }).content);
      shardsOfMessages.add(shardId);
    });
    const events: GatewayEvent[] = [];
    gateway.on("resharded", (event) => events.push(event));
    await gateway.connect();
    await expect.poll(() => guilds).toBe(2);

    const progress = { isDone: false };
    const said: string[] = [];
    const say = () => {
      const content = `message ${said.length}`;
      const far = said.length % 2 === 1;
      said.push(content);
      const channelId = far ? farChannelId : rig.channelId;
      rig.simulator.world.sendMessage({ channelId, authorId: rig.userId, content });
    };
    const resharding = gateway.reshard({ shardCount: 2 }).finally(() => (progress.isDone = true));
    // The clock stands still: however busy the machine, no wait ends before what it is for.
    for (let turn = 0; !progress.isDone; turn++) {
      if (turn % 20 === 0) say();
      await setImmediate();
    }
    expect(await resharding).toBe(2);
    for (let index = 0; index < 10; index++) say();
    await expect.poll(() => contents.length, { timeout: 60_000 }).toBe(said.length);

    const half = (texts: readonly string[], remainder: number) =>
      texts.filter((text) => Number(text.slice(8)) % 2 === remainder);
    expect([half(contents, 0), half(contents, 1)]).toEqual([half(said, 0), half(said, 1)]);
    expect([...shardsOfMessages].toSorted()).toEqual([0, 1]);
    expect(guilds).toBe(2);
    expect(events).toEqual([{ type: "resharded", from: 1, to: 2 }]);
    expect(gateway.getStats()).toMatchObject({ shardCount: 2, shards: [{ status: "ready" }, { status: "ready" }] });
    expect(await sessionStore.load({ shardId: 0, shardCount: 1 })).toBeUndefined();
    expect(rig.simulator.transcript.problems).toEqual([]);
  });

  it("delivers what was on its way to the old shards when the new ones were ready", async () => {
    /** What the first socket holds back. */
    let held: (() => void)[] | undefined;
    let sockets = 0;
    const openSocket: OpenGatewaySocket = (url, handlers) => {
      if (sockets++ > 0) return openGatewaySocket(url, handlers);
      return openGatewaySocket(url, {
        ...handlers,
        onMessage(data) {
          const copy = Buffer.from(data);
          if (held === undefined) handlers.onMessage(copy);
          else held.push(() => handlers.onMessage(copy));
        },
      });
    };
    const gateway = rig.gateway({ shardCount: 1, openSocket });
    const log = logMessages(gateway);
    await gateway.connect();
    held = [];
    const underway = held;
    rig.say("before the new sessions");
    let isDone = false;
    let sessions = 0;
    rig.simulator.world.on("sessionStart", () => sessions++);
    const resharding = gateway.reshard({ shardCount: 2 }).finally(() => (isDone = true));
    await expect.poll(() => sessions, patiently).toBe(2);
    // The message, and the answer to a heartbeat.
    await expect.poll(() => underway.length, patiently).toBeGreaterThanOrEqual(2);
    expect([isDone, log.contents]).toEqual([false, []]);
    held = undefined;
    for (const deliver of underway) deliver();
    await resharding;
    expect(log.contents).toEqual(["before the new sessions"]);
  });

  it("leaves the old shards alone when Discord refuses the new ones, or when it is given up", async () => {
    // The second of two shards never gets its turn, so that the first can be refused while it waits.
    const never = new Promise<void>(() => {});
    const acquire = (shardId: number, { shardCount }: IdentifyRequest = {}) =>
      shardId === 1 && shardCount === 2 ? never : Promise.resolve();
    const gateway = rig.gateway({ shardCount: 1, identifyGate: { acquire } });
    await expect(gateway.reshard()).rejects.toMatchObject({ code: "GATEWAY_CLOSED" });
    await gateway.connect();
    await expect(gateway.reshard({ shardCount: 0 })).rejects.toMatchObject({ code: "GATEWAY_INVALID_OPTIONS" });
    const refused = gateway.reshard({ shardCount: 2 });
    const outcome = refused.catch((error: unknown) => error);
    await expect.poll(() => rig.simulator.world.dropConnections({ code: 4011, shardCount: 2 })).toBeGreaterThan(0);
    expect(await outcome).toMatchObject({ code: "GATEWAY_SHARDING_REQUIRED" });
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(gateway.reshard({ shardCount: 2, signal })).rejects.toThrow("enough");
    expect(gateway.getStats()).toMatchObject({ shardCount: 1, shards: [{ status: "ready", connections: 1 }] });
  });
});

import { createManualClock, waitFor } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Gateway, GatewayOptions, OpenGatewaySocket } from "../src/index.ts";
import { openGatewaySocket } from "../src/open-gateway-socket.ts";
import { logMessages, startRig, type Rig } from "./rig.ts";

const patiently = { timeout: 30_000 };

/** What somebody who watches the bot sees, in order. */
interface Sightings {
  /** Its status and activities. */
  readonly presences: string[];
  /** Its voice channel, as far as it changed. */
  readonly channels: (string | null)[];
  /** What the bot itself is told of its own voice, in words. */
  readonly told: string[];
}

let rig: Rig;
let allocated = 0;
beforeEach(async () => {
  allocated = 0;
  rig = await startRig({
    voice: { endpoint: "127.0.0.1:9", allocate: () => ({ token: `token${++allocated}` }), release() {} },
  });
});
afterEach(() => rig[Symbol.asyncDispose]());

function watch(gateway: Gateway): Sightings {
  const seen: Sightings = { presences: [], channels: [], told: [] };
  const { world } = rig.simulator;
  world.on("presenceUpdate", ({ status, activities }) => seen.presences.push([status, ...activities].join(" ")));
  world.on("voiceStateUpdate", ({ channelId, previousChannelId }) => {
    if (channelId !== previousChannelId) seen.channels.push(channelId);
  });
  gateway.subscribe(({ type, data }) => {
    const { channel_id: channelId, token } = data as { channel_id?: string | null; token?: string };
    if (type === "VOICE_STATE_UPDATE") seen.told.push(`state ${channelId}`);
    if (type === "VOICE_SERVER_UPDATE") seen.told.push(`server ${token}`);
  });
  return seen;
}

const present = (gateway: Gateway, name: string, guildId?: string) =>
  gateway.send(guildId, { op: 3, d: { since: null, activities: [{ name, type: 2 }], status: "idle", afk: false } });
const enter = (gateway: Gateway, channelId: string | null, guildId = rig.guildId) =>
  gateway.send(guildId, {
    op: 4,
    d: { guild_id: guildId, channel_id: channelId, self_mute: false, self_deaf: true },
  });
const ownVoice = () => rig.simulator.world.voiceStates(rig.guildId).find(({ user_id: id }) => id === rig.botUserId);

/** A gateway that is in the voice channel, with its presence set. */
async function startPlaying(options: Partial<GatewayOptions> = {}) {
  const gateway = rig.gateway(options);
  const seen = watch(gateway);
  await gateway.connect();
  await present(gateway, "Antiphon");
  await enter(gateway, rig.voiceChannelId);
  await expect.poll(() => seen.told, patiently).toEqual([`state ${rig.voiceChannelId}`, "server token1"]);
  return { gateway, seen };
}

/** Ends the gateway's session, so that another has to begin. */
const endings: Readonly<Record<string, () => number>> = {
  "op 9": () => rig.simulator.world.invalidateSessions({ resumable: false }),
  "4007": () => rig.simulator.world.dropConnections({ code: 4007 }),
  "4009": () => rig.simulator.world.dropConnections({ code: 4009 }),
};

/** What clients sent of an opcode. */
const commandsOf = (op: number): unknown[] =>
  rig.simulator.transcript.entries.flatMap((entry) => {
    if (entry.type !== "receive") return [];
    const frame = JSON.parse(entry.text) as { readonly op: number; readonly d: unknown };
    return frame.op === op ? [frame.d] : [];
  });

/** Resolves when the next session knows its guilds, and Discord has got what was sent because of that. */
async function untilStarted(gateway: Gateway): Promise<void> {
  await new Promise<void>((resolve) => {
    gateway.subscribe(({ type }) => type === "GUILD_CREATE" && resolve());
  });
  await gateway.send(rig.guildId, { op: 8, d: { guild_id: rig.guildId, query: "", limit: 0 } });
  await expect.poll(() => commandsOf(8), patiently).toHaveLength(1);
}

describe("a new session", () => {
  it.each(Object.keys(endings))("has the presence and the voice channels of the one that %s ended", async (name) => {
    const { gateway, seen } = await startPlaying();
    const first = ownVoice()?.session_id;
    const ready = waitFor(gateway, "ready");
    expect(endings[name]?.()).toBe(1);
    await ready;
    await expect.poll(() => seen.told.slice(2), patiently).toEqual([`state ${rig.voiceChannelId}`, "server token2"]);
    const voice = ownVoice();
    expect(voice).toMatchObject({ channel_id: rig.voiceChannelId, self_mute: false, self_deaf: true });
    expect(voice?.session_id).not.toBe(first);
    expect(seen.presences.filter((text) => text !== "offline")).toEqual([
      "online",
      "idle Antiphon",
      // In the identify itself: at no moment was it another.
      "idle Antiphon",
    ]);
    expect(rig.simulator.transcript.problems).toEqual([]);
  });

  it("has the presence that was set on its shard alone", async () => {
    const { gateway, seen } = await startPlaying();
    await present(gateway, "on shard 0", rig.guildId);
    await expect.poll(() => seen.presences, patiently).toHaveLength(3);
    endings["4009"]?.();
    await expect.poll(() => seen.presences.slice(-2), patiently).toEqual(["offline", "idle on shard 0"]);
  });

  it("has them in worker threads, too, and once more", async () => {
    const { seen } = await startPlaying({ workers: 1 });
    for (const token of ["token2", "token3"]) {
      endings["4009"]?.();
      await expect.poll(() => seen.told.at(-1), patiently).toBe(`server ${token}`);
    }
    expect(seen.channels).toEqual([rig.voiceChannelId, null, rig.voiceChannelId, null, rig.voiceChannelId]);
    expect(seen.presences.at(-1)).toBe("idle Antiphon");
  });

  it("has the channel into which somebody moved the bot, muted as it is", async () => {
    const { gateway, seen } = await startPlaying();
    const other = rig.simulator.world.addChannel(rig.guildId, { name: "Stage", type: "voice" }).id;
    rig.simulator.world.joinVoice({ guildId: rig.guildId, channelId: other, userId: rig.botUserId });
    await expect.poll(() => seen.told, patiently).toHaveLength(4);
    await enter(gateway, other);
    endings["4009"]?.();
    await expect.poll(() => seen.told.at(-1), patiently).toBe("server token3");
    expect(ownVoice()).toMatchObject({ channel_id: other, self_deaf: true });
  });

  it.each([
    ["left", (gateway: Gateway) => enter(gateway, null)],
    ["was thrown out of", () => rig.simulator.world.leaveVoice({ guildId: rig.guildId, userId: rig.botUserId })],
  ])("has no channel that the bot %s", async (_, leave) => {
    const { gateway, seen } = await startPlaying();
    await leave(gateway);
    await expect.poll(() => seen.told.at(-1), patiently).toBe("state null");
    const before = commandsOf(4).length;
    const started = untilStarted(gateway);
    endings["4009"]?.();
    await started;
    expect(commandsOf(4)).toHaveLength(before);
    expect(ownVoice()).toBeUndefined();
  });

  it("has no channel that the bot left while it had no connection", async () => {
    const { gateway } = await startPlaying();
    const disconnected = waitFor(gateway, "disconnected");
    const started = untilStarted(gateway);
    endings["4009"]?.();
    await disconnected;
    await enter(gateway, null);
    await started;
    expect(commandsOf(4)).toHaveLength(2);
    expect(ownVoice()).toBeUndefined();
  });
});

/** Opens sockets as usual, all but the first of which hand on what they are to send for voice. */
function holdingBack(onVoiceCommand: (send: () => void) => void) {
  let sockets = 0;
  /** How many of them the client has closed. */
  const closed = { count: 0 };
  const openSocket: OpenGatewaySocket = (url, handlers) => {
    const isFirst = sockets++ === 0;
    const socket = openGatewaySocket(url, handlers);
    return {
      send(text) {
        if (isFirst || !text.startsWith('{"op":4,')) socket.send(text);
        else onVoiceCommand(() => socket.send(text));
      },
      close(code) {
        closed.count++;
        socket.close(code);
      },
      abort: () => socket.abort(),
    };
  };
  return { openSocket, closed };
}

// The clock stands still: however busy the machine, no wait ends before what it is for.
describe("reshard", () => {
  it.each([{ workers: 0 }, { workers: 1 }])(
    "leaves no channel and shows no other presence, with %j",
    async (options) => {
      const { gateway, seen } = await startPlaying({ clock: createManualClock(), ...options, shardCount: 1 });
      const first = ownVoice()?.session_id;
      expect(await gateway.reshard({ shardCount: 2 })).toBe(2);
      expect(ownVoice()?.session_id).not.toBe(first);
      await expect.poll(() => seen.told.slice(2), patiently).toEqual([`state ${rig.voiceChannelId}`, "server token2"]);
      expect(seen.channels).toEqual([rig.voiceChannelId]);
      expect(seen.presences).toEqual(["online", "idle Antiphon", "idle Antiphon", "idle Antiphon"]);
      // The next session of one of the new shards has it all again.
      endings["4009"]?.();
      await expect.poll(() => seen.told.at(-1), patiently).toBe("server token3");
      expect(seen.presences.at(-1)).toBe("idle Antiphon");
      expect(rig.simulator.transcript.problems).toEqual([]);
    },
  );

  it("ends the old sessions when Discord has the bot in voice on the new ones, and not before", async () => {
    /** The commands for voice of the new session, which have to wait. */
    const held: (() => void)[] = [];
    const { openSocket, closed } = holdingBack((send) => held.push(send));
    const { gateway, seen } = await startPlaying({ clock: createManualClock(), shardCount: 1, openSocket });
    const resharded = waitFor(gateway, "resharded");
    const resharding = gateway.reshard({ shardCount: 2 });
    await resharded;
    await expect.poll(() => held.length, patiently).toBe(1);
    // What the new shards are told now does not wait for voice.
    const log = logMessages(gateway);
    rig.say("meanwhile");
    await log.reached(1);
    expect(closed.count).toBe(0);
    held[0]?.();
    expect(await resharding).toBe(2);
    expect(closed.count).toBe(1);
    expect(seen.channels).toEqual([rig.voiceChannelId]);
  });

  it("ends with everything else when the gateway is closed meanwhile", async () => {
    const { openSocket, closed } = holdingBack(() => {});
    const { gateway } = await startPlaying({ clock: createManualClock(), shardCount: 1, openSocket });
    const resharded = waitFor(gateway, "resharded");
    const resharding = gateway.reshard({ shardCount: 2 });
    await resharded;
    expect(closed.count).toBe(0);
    await gateway.close();
    expect(closed.count).toBe(3);
    await resharding;
  });

  it("takes a presence along that was set meanwhile, and not one of a single shard", async () => {
    const acquired = Promise.withResolvers<void>();
    const mayIdentify = Promise.withResolvers<void>();
    const acquire = async (shardId: number, { shardCount }: { readonly shardCount?: number | undefined } = {}) => {
      if (shardCount !== 2) return;
      // The first has identified when the presence changes, the second has not.
      if (shardId === 0) return acquired.resolve();
      await mayIdentify.promise;
    };
    const { gateway, seen } = await startPlaying({
      clock: createManualClock(),
      shardCount: 1,
      identifyGate: { acquire },
    });
    await present(gateway, "on shard 0", rig.guildId);
    const resharding = gateway.reshard({ shardCount: 2 });
    await acquired.promise;
    await expect.poll(() => seen.presences, patiently).toHaveLength(4);
    expect(seen.presences.at(-1)).toBe("idle Antiphon");
    await present(gateway, "Responsory");
    mayIdentify.resolve();
    await resharding;
    await expect.poll(() => seen.presences.slice(4), patiently).toEqual(Array(4).fill("idle Responsory"));
  });
});

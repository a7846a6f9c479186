import { gatewayCloseCodes, type GatewayInfo } from "@antiphon/protocol/discord";
import { createManualClock, waitFor } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMemorySessionStore, GatewayError, type GatewayEvent } from "../src/index.ts";
import { gatewayInfo, logMessages, startRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`);

describe("logging in", () => {
  it.each([
    { compression: "none" },
    { compression: "zlib-stream" },
    { compression: "zstd-stream" },
    { compression: "zlib-stream", streamInflate: true },
    { compression: "zstd-stream", streamInflate: true },
  ] as const)("gets every event in order with %j", async (options) => {
    const gateway = rig.gateway(options);
    const types: string[] = [];
    gateway.subscribe(({ type }) => types.push(type));
    const log = logMessages(gateway);
    await gateway.connect();
    const expected = [...numbered(300), "large ".repeat(300), "ünïcödé 🎵"];
    for (const content of expected) rig.say(content);
    await log.reached(expected.length);
    expect(log.contents).toEqual(expected);
    expect(types.slice(0, 2)).toEqual(["READY", "GUILD_CREATE"]);
    expect(gateway.getStats().shards).toMatchObject([
      { shardId: 0, status: "ready", connections: 1, identifies: 1, malformedFrames: 0, duplicates: 0 },
    ]);
    expect(rig.simulator.transcript.problems).toEqual([]);
  });

  it("sends a subscriber what it wants, does not parse the rest, and resumes with the right sequence", async () => {
    const gateway = rig.gateway();
    const types: string[] = [];
    let wanted = new Set(["GUILD_CREATE"]);
    gateway.subscribe(({ type }) => types.push(type), { wants: (type) => wanted.has(type) });
    await gateway.connect();
    for (const content of numbered(20)) rig.say(content);
    const undecoded = () => gateway.getStats().shards[0]?.undecodedDispatches ?? 0;
    await expect.poll(undecoded).toBe(20);
    expect(types).toEqual(["GUILD_CREATE"]);
    wanted = new Set(["MESSAGE_CREATE"]);
    const resumed = waitFor(gateway, "resumed");
    rig.simulator.world.dropConnections({});
    rig.say("while away");
    expect((await resumed).replayedEvents).toBe(1);
    await expect.poll(() => types).toEqual(["GUILD_CREATE", "MESSAGE_CREATE"]);
    expect(undecoded()).toBe(20);
  });

  it.each([{ workers: 0 }, { workers: 1 }])("counts what is replayed, wanted or not, with %j", async (options) => {
    const gateway = rig.gateway(options);
    gateway.subscribe(() => {}, { wants: (type) => type === "GUILD_CREATE" });
    await gateway.connect();
    const seen = () => gateway.getStats().shards[0]?.undecodedDispatches ?? 0;
    rig.say("before");
    await expect.poll(seen).toBe(1);
    const resumed = waitFor(gateway, "resumed");
    rig.simulator.world.dropConnections();
    for (const content of ["while", "away"]) rig.say(content);
    expect((await resumed).replayedEvents).toBe(2);
    expect(seen()).toBe(3);
  });

  it("measures the round trip of heartbeats", async () => {
    // A busy machine must be able to answer before the next one.
    await using quick = await startRig({ heartbeatIntervalMs: 1_000 });
    const gateway = quick.gateway();
    expect(gateway.latencyMs).toBeUndefined();
    await gateway.connect();
    const log = logMessages(gateway);
    // Heartbeats are no events, so the test moves on with whatever the server sends meanwhile.
    for (let count = 1; gateway.latencyMs === undefined; count++) {
      quick.say("tick");
      await log.reached(count);
    }
    expect(gateway.latencyMs).toBeGreaterThan(0);
  });

  it("runs several shards, each with its own guilds", async () => {
    await using sharded = await startRig({ shards: 2 });
    const { world } = sharded.simulator;
    // The shard is (id >> 22) % 2.
    const guildIds = [4n, 5n].map((number) => String((1_000_000_000_000n + number) << 22n));
    for (const id of guildIds) {
      world.addGuild({ name: "Other", id });
      world.addMember(id, sharded.botUserId);
    }
    const gateway = sharded.gateway();
    const seen = new Map<string, number>();
    const bothSeen = Promise.withResolvers<void>();
    gateway.subscribe(({ type, data, shardId }) => {
      if (type !== "GUILD_CREATE") return;
      seen.set((data as { readonly id: string }).id, shardId);
      if (guildIds.every((id) => seen.has(id))) bothSeen.resolve();
    });
    await gateway.connect();
    await bothSeen.promise;
    expect(guildIds.map((id) => seen.get(id))).toEqual([0, 1]);
    expect(gateway.getStats().shardCount).toBe(2);
  });
});

describe("keeping every event", () => {
  it.each(["none", "zlib-stream", "zstd-stream"] as const)(
    "loses nothing and doubles nothing over 50 cuts with %s",
    async (compression) => {
      const gateway = rig.gateway({ compression });
      const log = logMessages(gateway);
      await gateway.connect();
      const expected = numbered(500);
      for (const [index, content] of expected.entries()) {
        rig.say(content);
        if (index % 10 !== 9) continue;
        rig.simulator.world.dropConnections();
        rig.say(`while away ${index}`);
        await waitFor(gateway, "resumed");
        // Shows that the connection lasts, so that the next cut is followed by no pause.
        rig.say(`back ${index}`);
        await log.reached(index + 1 + 2 * Math.ceil((index + 1) / 10));
      }
      const sent = expected.flatMap((content, index) =>
        index % 10 === 9 ? [content, `while away ${index}`, `back ${index}`] : [content],
      );
      expect(log.contents).toEqual(sent);
      expect(gateway.getStats().shards[0]).toMatchObject({ identifies: 1, resumes: 50 });
    },
  );

  const recoveries: readonly (readonly [string, (rig: Rig) => void, "resumed" | "ready"])[] = [
    ["op 7", ({ simulator }) => simulator.world.requestReconnect(), "resumed"],
    ["op 9 true", ({ simulator }) => simulator.world.invalidateSessions({ resumable: true }), "resumed"],
    ["op 9 false", ({ simulator }) => simulator.world.invalidateSessions({ resumable: false }), "ready"],
  ];
  it.each(recoveries)("recovers from %s", async (_name, fault, outcome) => {
    const clock = createManualClock();
    const gateway = rig.gateway({ clock });
    gateway.on("shardStateChange", ({ to }) => {
      if (to === "backingOff") void clock.advance(5_000);
    });
    const log = logMessages(gateway);
    await gateway.connect();
    const recovered = waitFor<GatewayEvent, typeof outcome>(gateway, outcome);
    fault(rig);
    await recovered;
    rig.say("after");
    await log.reached(1);
    expect(log.contents).toEqual(["after"]);
  });

  it.each([...gatewayCloseCodes.values()].map(({ code, action }) => [code, action] as const))(
    "does the right thing after close code %i: %s",
    async (code, action) => {
      const clock = createManualClock();
      const gateway = rig.gateway({ clock });
      gateway.on("shardStateChange", ({ to }) => {
        if (to === "backingOff") void clock.advance(5_000);
      });
      await gateway.connect();
      const outcome =
        action === "fail"
          ? gateway.closed
          : waitFor<GatewayEvent, "resumed" | "ready">(gateway, action === "resume" ? "resumed" : "ready");
      rig.simulator.world.dropConnections({ code });
      await outcome;
      const [shard] = gateway.getStats().shards;
      if (action === "fail") {
        expect(await gateway.closed).toMatchObject({
          kind: "fatal",
          error: { details: { closeCode: code, shardId: 0 } },
        });
        expect(shard?.status).toBe("closed");
      } else {
        expect(shard).toMatchObject({ identifies: action === "resume" ? 1 : 2, resumes: action === "resume" ? 1 : 0 });
      }
    },
  );

  it("lets the next process resume", async () => {
    const sessionStore = createMemorySessionStore();
    const first = rig.gateway({ sessionStore });
    const firstLog = logMessages(first);
    await first.connect();
    rig.say("before");
    await firstLog.reached(1);
    await first.close();
    rig.say("meanwhile");
    const second = rig.gateway({ sessionStore });
    const secondLog = logMessages(second);
    await second.connect();
    rig.say("after");
    await secondLog.reached(2);
    expect(secondLog.contents).toEqual(["meanwhile", "after"]);
    expect(second.getStats().shards[0]).toMatchObject({ identifies: 0, resumes: 1 });
  });
});

describe("refusals", () => {
  it("says what is wrong with the token, without the token", async () => {
    const gateway = rig.gateway({ token: "not-the-token" });
    const error = await gateway.connect().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: "GATEWAY_AUTHENTICATION_FAILED", details: { closeCode: 4004 } });
    expect((error as Error).message).toContain("developer portal");
    expect(JSON.stringify(error) + String(error)).not.toContain("not-the-token");
  });

  it("says where to enable an intent", async () => {
    const { world } = rig.simulator;
    const bot = world.addApplication({ name: "Shy", deniedIntents: 1 << 15 });
    const gateway = rig.gateway({ token: bot.token });
    await expect(gateway.connect()).rejects.toMatchObject({
      code: "GATEWAY_DISALLOWED_INTENTS",
      message: expect.stringContaining("Privileged Gateway Intents") as string,
    });
  });

  it("names bits that are no intents", async () => {
    await expect(rig.gateway({ intents: 1 << 30 }).connect()).rejects.toMatchObject({
      code: "GATEWAY_INVALID_INTENTS",
    });
  });

  it("gives up when there are no identifies left", async () => {
    const limit = { total: 1_000, remaining: 0, reset_after: 3_600_000, max_concurrency: 1 };
    const url = rig.simulator.gatewayUrl;
    const gateway = rig.gateway({ gatewayInfo: () => Promise.resolve({ url, shards: 1, session_start_limit: limit }) });
    await expect(gateway.connect()).rejects.toMatchObject({ code: "GATEWAY_SESSION_LIMIT_REACHED", retryable: true });
  });

  it("passes on why the gateway's address is unknown, and may be asked again", async () => {
    const answers: (() => Promise<GatewayInfo>)[] = [
      () => Promise.reject(new Error("no network")),
      () => Promise.resolve({ message: "401: Unauthorized" } as never),
      () => gatewayInfo(rig.simulator, rig.token),
    ];
    const gateway = rig.gateway({ gatewayInfo: () => (answers.shift() as () => Promise<GatewayInfo>)() });
    await expect(gateway.connect()).rejects.toThrow("no network");
    await expect(gateway.connect()).rejects.toMatchObject({ code: "GATEWAY_INFO_UNAVAILABLE" });
    await gateway.connect();
  });
});

describe("sending", () => {
  const voiceState = (channelId: string | null) => ({
    op: 4,
    d: { guild_id: rig.guildId, channel_id: channelId, self_mute: false, self_deaf: true },
  });

  it("reaches the guild's shard", async () => {
    const gateway = rig.gateway();
    await gateway.connect();
    const joined = Promise.withResolvers<void>();
    gateway.subscribe(({ type }) => {
      if (type === "VOICE_STATE_UPDATE") joined.resolve();
    });
    await gateway.send(rig.guildId, voiceState(rig.voiceChannelId));
    await joined.promise;
    expect(rig.simulator.world.voiceStates(rig.guildId)).toMatchObject([{ user_id: rig.botUserId, self_deaf: true }]);
  });

  it("refuses what Discord would close the connection for", async () => {
    const gateway = rig.gateway();
    await gateway.connect();
    await expect(gateway.send(undefined, { op: 3, d: "x".repeat(5_000) })).rejects.toMatchObject({
      code: "GATEWAY_PAYLOAD_TOO_LARGE",
    });
  });

  it("rejects before connect and after close, and what still waits", async () => {
    const gateway = rig.gateway();
    await expect(gateway.send(undefined, voiceState(null))).rejects.toMatchObject({ code: "GATEWAY_CLOSED" });
    await gateway.connect();
    const sends = Array.from({ length: 150 }, () =>
      gateway.send(undefined, { op: 3, d: { since: null, activities: [], status: "online", afk: false } }),
    );
    const settled = Promise.allSettled(sends);
    await gateway.close();
    const rejected = (await settled).filter(({ status }) => status === "rejected");
    expect(rejected.length).toBeGreaterThan(20);
    await expect(gateway.send(undefined, voiceState(null))).rejects.toMatchObject({ code: "GATEWAY_CLOSED" });
  });
});

describe("ending", () => {
  it("closes once, tells why, and does not connect again", async () => {
    const gateway = rig.gateway();
    const events: GatewayEvent[] = [];
    gateway.on("closed", (event) => events.push(event));
    await gateway.connect();
    await Promise.all([gateway.close(), gateway.close()]);
    expect(await gateway.closed).toEqual({ kind: "requested" });
    expect(events).toEqual([{ type: "closed", reason: { kind: "requested" } }]);
    await expect(gateway.connect()).rejects.toMatchObject({ code: "GATEWAY_CLOSED" });
    expect(gateway.getStats().shards[0]?.status).toBe("closed");
    await expect(rig.gateway().close()).resolves.toBeUndefined();
  });

  it("ends with the signal of connect", async () => {
    const gateway = rig.gateway({ identifyGate: { acquire: () => new Promise(() => {}) } });
    const abort = new AbortController();
    const connecting = gateway.connect({ signal: abort.signal });
    await waitFor(gateway, "shardStateChange", { filter: ({ to }) => to === "queued" });
    abort.abort(new Error("too slow"));
    await expect(connecting).rejects.toThrow("too slow");
    expect(await gateway.closed).toEqual({ kind: "aborted" });
  });

  it("survives subscribers that fail, and counts them", async () => {
    const gateway = rig.gateway();
    gateway.subscribe(() => {
      throw new Error("mine");
    });
    const log = logMessages(gateway);
    await gateway.connect();
    rig.say("hello");
    await log.reached(1);
    expect(gateway.getStats().subscriberErrors).toBeGreaterThanOrEqual(3);
  });
});

import { DISCORD_EPOCH_MS, type Dispatch, type GuildId } from "@antiphon/protocol/discord";
import { createManualClock, type ManualClock } from "@antiphon/std";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMemoryBus, type BusTransport } from "../src/index.ts";
import { createDiscordWorker, type DiscordWorker, type DiscordWorkerOptions } from "../src/discord/index.ts";
import { encodeDispatch, packDispatches } from "../src/discord/dispatch-codec.ts";
import { createMortalBus, type MortalBus } from "./discord-mortal-bus.ts";

const APP = "42";
const LANES = 4;
const GUILD = "1000" as GuildId;

let bus: BusTransport;
let clock: ManualClock;
let ticking: NodeJS.Timeout;
let sequence: number;
const workers: DiscordWorker[] = [];
const mortals: MortalBus[] = [];
beforeEach(async () => {
  bus = createMemoryBus();
  // The workers' time passes with the turns of this process: a machine that holds it up takes no lease away.
  clock = createManualClock();
  ticking = setInterval(() => void clock.advance(5), 5);
  sequence = 0;
  const table = await bus.openKeyValue(`discord_${APP}_shards`, { create: true });
  const json = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  await table.put("layout", json({ shardCount: 1, laneCount: LANES }));
  await table.put("shard.0", json({ owner: null, data: { userId: "1" } }));
});
afterEach(async () => {
  for (const mortal of mortals.splice(0)) mortal.bury();
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await bus.close();
  clearInterval(ticking);
});

/** Publishes as a gateway would. */
async function dispatch(type: string, data: object) {
  const whole: Dispatch = { type, data: { guild_id: GUILD, ...data }, sequence: ++sequence, shardId: 0 };
  await publish([whole]);
}

/** Publishes dispatches of one lane in one message. */
async function publish(dispatches: readonly Dispatch[]) {
  const [first, ...rest] = dispatches.flatMap((each) => encodeDispatch(each, LANES) ?? []);
  const origin = { prefix: `discord.${APP}`, shardId: 0, sessionId: "s" };
  const message = first === undefined ? undefined : packDispatches([first, ...rest], origin);
  if (message === undefined) throw new Error("this cannot travel");
  await bus.publish(message.subject, message.data, { id: message.id, headers: message.headers });
}

const eventually = (value: () => unknown) => expect.poll(value, { timeout: 30_000, interval: 10 });
const idOf = (atMs: number) => String((BigInt(Math.round(atMs) - DISCORD_EPOCH_MS) << 22n) + BigInt(++sequence));
const interact = (ageMs = 0) => dispatch("INTERACTION_CREATE", { id: idOf(clock.now() - ageMs), token: "t" });
const say = (content: string) => dispatch("MESSAGE_CREATE", { content });

/** A worker that writes down what it gets. */
async function open(
  options: Partial<DiscordWorkerOptions> = {},
  work: (received: Dispatch) => Promise<void> | undefined = () => undefined,
) {
  const worker = createDiscordWorker({ bus, applicationId: APP, leaseMs: 300, clock, ...options });
  workers.push(worker);
  const seen: string[] = [];
  worker.gateway.subscribe((received) => {
    const { content } = received.data as { readonly content?: string };
    seen.push(content ?? received.type);
    return work(received);
  });
  await worker.gateway.connect();
  return { worker, seen };
}

/** A bus for a worker that will die. */
function mortalBus(): MortalBus {
  const mortal = createMortalBus(bus);
  mortals.push(mortal);
  return mortal;
}

test("handles an interaction in time, and drops one that is too old", async () => {
  const { worker, seen } = await open();
  await interact(3_100);
  await interact(100);
  await say("after");
  await eventually(() => seen).toEqual(["INTERACTION_CREATE", "after"]);
  expect(worker.stats).toMatchObject({ expired: 1, delivered: 2, takenBefore: 0 });
});

test("what a dead worker had not finished comes again, the interactions that it took do not", async () => {
  const mortal = mortalBus();
  const first = await open({ bus: mortal.bus }, () => new Promise<void>(() => {}));
  await say("one");
  await interact();
  await say("two");
  await eventually(() => first.seen).toEqual(["one", "INTERACTION_CREATE", "two"]);
  mortal.kill();
  const second = await open({ interactionDeadlineMs: 60_000 });
  await say("three");
  await eventually(() => second.seen).toEqual(["one", "two", "three"]);
  expect(second.worker.stats).toMatchObject({ takenBefore: 1, expired: 0, workers: 1 });
});

test("a worker that leaves hands over without a message coming twice", async () => {
  const first = await open();
  await say("one");
  await interact();
  await eventually(() => first.seen).toHaveLength(2);
  await first.worker.close();
  const second = await open();
  await say("two");
  await eventually(() => second.seen).toEqual(["two"]);
});

test("a third worker gets its part, and nothing is lost or doubled while lanes change hands", async () => {
  const all = await Promise.all([open(), open()]);
  const expected: string[] = [];
  const talk = async () => {
    for (let count = 0; count < 50; count++) {
      expected.push(`${expected.length}`);
      await dispatch("MESSAGE_CREATE", { content: expected.at(-1), guild_id: String(expected.length % 17) });
    }
  };
  await talk();
  all.push(await open());
  await talk();
  await eventually(() => all.map(({ worker }) => worker.stats.lanes.length).sort()).toEqual([1, 1, 2]);
  await talk();
  const seen = () => all.flatMap((each) => each.seen);
  await eventually(() => seen().length).toBeGreaterThanOrEqual(expected.length);
  expect(new Set(seen())).toEqual(new Set(expected));
  expect(seen()).toHaveLength(expected.length);
});

test("a player moves to the worker that gets its guild, with what was saved last", async () => {
  const mortal = mortalBus();
  const first = await open({ bus: mortal.bus });
  await eventually(() => first.worker.players.owns(GUILD)).toBe(true);
  await first.worker.players.save(GUILD, { position: 1 });
  await first.worker.players.save(GUILD, { position: 2 });
  mortal.kill();
  const moved: unknown[] = [];
  const second = await open();
  const handlers = (name: string) => ({
    resume: async (guildId: GuildId, state: unknown) => void moved.push([name, "resume", guildId, state]),
    suspend: async (guildId: GuildId) => void moved.push([name, "suspend", guildId]),
  });
  second.worker.players.serve(handlers("second"));
  await eventually(() => moved).toEqual([["second", "resume", GUILD, { position: 2 }]]);
  await second.worker.players.save(GUILD, { position: 3 });
  const third = await open();
  third.worker.players.serve(handlers("third"));
  await second.worker.close();
  await eventually(() => moved.slice(1)).toEqual([
    ["second", "suspend", GUILD],
    ["third", "resume", GUILD, { position: 3 }],
  ]);
  await expect(second.worker.players.save(GUILD, {})).rejects.toMatchObject({ code: "BRIDGE_LEASE_LOST" });
  await third.worker.players.remove(GUILD);
});

test("what is no dispatch is counted, and the rest goes on", async () => {
  const { worker, seen } = await open();
  const bytes = (text: string) => new TextEncoder().encode(text);
  for (const [subject, id, text] of [
    [`discord.${APP}.x.MESSAGE_CREATE.0`, "other:1", "{}"],
    [`discord.${APP}.0.MESSAGE_CREATE.0`, "no sequence", "{}"],
    [`discord.${APP}.0.MESSAGE_CREATE.0`, "broken:2", "{"],
  ] as const)
    await bus.publish(subject, bytes(text), { id });
  await bus.publish(`discord.${APP}.0.MESSAGE_CREATE.0`, bytes("not deflated"), {
    id: "deflated:3",
    headers: { "Content-Encoding": "deflate-raw" },
  });
  const large = "long ".repeat(400_000);
  await say(large);
  await eventually(() => seen.map((text) => text.length)).toEqual([large.length]);
  await eventually(() => worker.stats.malformed).toBe(4);
});

test("nothing is decoded that nobody wants", async () => {
  const worker = createDiscordWorker({ bus, applicationId: APP, clock });
  workers.push(worker);
  const [seen, skipped]: string[][] = [[], []];
  worker.gateway.subscribe(({ type }) => void seen?.push(type), {
    wants: (type) => type === "MESSAGE_CREATE",
    onSkipped: (type) => skipped?.push(type),
  });
  await worker.gateway.connect();
  await dispatch("TYPING_START", {});
  await say("hello");
  await eventually(() => [seen, skipped]).toEqual([["MESSAGE_CREATE"], ["TYPING_START"]]);
  expect(worker.stats).toMatchObject({ skipped: 1, delivered: 1 });
});

/** What stands in the table of shards. */
async function write(key: string, value: object) {
  const table = await bus.openKeyValue(`discord_${APP}_shards`, { create: true });
  await table.put(key, new TextEncoder().encode(JSON.stringify(value)));
}

test("a worker is connected when it is known who the bot is, and can be closed before", async () => {
  const table = await bus.openKeyValue(`discord_${APP}_shards`);
  await table.delete("shard.0");
  const worker = createDiscordWorker({ bus, applicationId: APP, clock });
  workers.push(worker);
  let isConnected = false;
  const connecting = worker.gateway.connect().then(() => (isConnected = true));
  await clock.advance(60_000);
  expect(isConnected).toBe(false);
  await write("shard.0", { owner: "somebody", data: { userId: "7" } });
  await connecting;
  expect(worker.signaling.userId).toBe("7");

  await table.delete("shard.0");
  const early = createDiscordWorker({ bus, applicationId: APP, clock });
  const refused = early.gateway.connect();
  refused.catch(() => {}); // Awaited below.
  await early.close();
  await expect(refused).rejects.toMatchObject({ code: "BRIDGE_CLOSED" });
});

test("a command follows when the bot gets other shards, also one that waits", async () => {
  const { worker } = await open();
  const guildId = String(1n << 22n) as GuildId;
  const taken: string[] = [];
  const respond = (subject: string) =>
    bus.respond(`discord-command.${APP}.${subject}`, async () => {
      taken.push(subject);
      return new TextEncoder().encode('{"ok":true,"data":null}');
    });
  await respond("0");
  await worker.gateway.send(guildId, { op: 4, d: {} });
  await write("layout", { shardCount: 2, laneCount: LANES, generation: 3, newest: 3 });
  const waiting = worker.gateway.send(guildId, { op: 4, d: {} });
  const toAll = worker.gateway.send(undefined, { op: 3, d: {} });
  await write("layout", { shardCount: 3, laneCount: LANES, generation: 4, newest: 4 });
  for (const shardId of [0, 1, 2]) await respond(`4-${shardId}`);
  await waiting;
  await toAll;
  expect(taken[0]).toBe("0");
  expect(taken.slice(1).toSorted()).toEqual(["4-0", "4-1", "4-1", "4-2"]);
});

import { DISCORD_EPOCH_MS, type Dispatch, type GuildId } from "@antiphon/protocol/discord";
import { createManualClock, type ManualClock } from "@antiphon/std";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDiscordWorker, openDiscordGatewayRole, type DiscordWorker } from "../src/discord/index.ts";
import { directSubject } from "../src/discord/direct-offer.ts";
import { createMemoryBus, type BusTransport } from "../src/index.ts";
import { createFaultyBus, type FaultyBus } from "./discord-faulty-bus.ts";
import { createMortalBus, type MortalBus } from "./discord-mortal-bus.ts";
import { createHandShard, infoOf } from "./hand-shard.ts";

const APP = "42";
const GUILD = "7" as GuildId;
const LEASE_MS = 2_000;

let memory: BusTransport;
let faulty: FaultyBus;
let clock: ManualClock;
let ticking: NodeJS.Timeout;
let sequence: number;
const closing: (() => unknown)[] = [];
const mortals: MortalBus[] = [];
beforeEach(async () => {
  memory = createMemoryBus();
  // A worker waits until it knows who the bot is.
  const table = await memory.openKeyValue(`discord_${APP}_shards`, { create: true });
  await table.put("shard.0", new TextEncoder().encode(JSON.stringify({ owner: null, data: { userId: "1" } })));
  faulty = createFaultyBus(memory);
  clock = createManualClock();
  ticking = setInterval(() => void clock.advance(20), 2);
  sequence = 0;
});
afterEach(async () => {
  faulty.heal();
  for (const mortal of mortals.splice(0)) mortal.bury();
  for (const close of closing.splice(0).toReversed()) await close();
  await memory.close();
  clearInterval(ticking);
});

const eventually = (value: () => unknown) => expect.poll(value, { timeout: 120_000, interval: 5 });
const passed = async (durationMs: number) => {
  const endMs = clock.monotonicMs() + durationMs;
  await eventually(() => clock.monotonicMs() >= endMs).toBe(true);
};

/** A gateway role of one shard that is told its dispatches by hand. */
async function openRole(bus = faulty.bus) {
  const shard = createHandShard(0);
  const role = await openDiscordGatewayRole({
    bus,
    applicationId: APP,
    laneCount: 1,
    leaseMs: LEASE_MS,
    clock,
    gatewayInfo: infoOf(1),
    openShard: () => shard,
  });
  closing.push(() => role.close());
  await shard.connected;
  const dispatch = (type: string, data: object = {}) => shard.tell(type, ++sequence, { guild_id: GUILD, ...data });
  const begin = (sessionId: string) => {
    sequence = 0;
    dispatch("READY", { session_id: sessionId, resume_gateway_url: "wss://localhost", user: { id: "1" } });
  };
  const say = (...contents: string[]) => contents.forEach((content) => dispatch("MESSAGE_CREATE", { content }));
  const interact = () => {
    const id = (BigInt(Math.round(clock.now()) - DISCORD_EPOCH_MS) << 22n) + BigInt(sequence);
    dispatch("INTERACTION_CREATE", { id: String(id), content: "interaction" });
  };
  return { role, begin, say, interact };
}

/** A worker that writes down what it gets. */
async function openWorker(bus = faulty.bus, work: (content: string) => Promise<void> | void = () => {}) {
  const worker: DiscordWorker = createDiscordWorker({ bus, applicationId: APP, leaseMs: LEASE_MS, clock });
  closing.push(() => worker.close());
  const seen: string[] = [];
  worker.gateway.subscribe(({ type, data }: Dispatch) => {
    const { content = type } = data as { readonly content?: string };
    seen.push(content);
    return work(content);
  });
  await worker.gateway.connect();
  return { worker, seen };
}

/** A bus for a worker that will die. */
function mortalBus(): MortalBus {
  const mortal = createMortalBus(faulty.bus);
  mortals.push(mortal);
  return mortal;
}

/** A role and a worker that know each other. */
async function open() {
  const gateway = await openRole();
  const first = await openWorker();
  gateway.begin("s");
  gateway.say("0");
  await eventually(() => first.seen).toEqual(["READY", "0"]);
  first.seen.length = 0;
  return { ...gateway, ...first };
}

test("while the stream takes nothing dispatches come directly, interactions when it takes them again", async () => {
  const { role, worker, seen, say, interact } = await open();
  faulty.takes = false;
  say("1", "2");
  interact();
  say("3");
  await eventually(() => seen).toEqual(["1", "2", "3"]);
  say("4");
  await eventually(() => seen).toEqual(["1", "2", "3", "4"]);
  expect(role.stats).toMatchObject({ waiting: 5, failed: 0 });
  faulty.heal();
  await eventually(() => seen).toEqual(["1", "2", "3", "4", "interaction"]);
  await eventually(() => role.stats).toMatchObject({ waiting: 0, direct: 5, published: 7 });
  say("5");
  await eventually(() => seen.at(-1)).toBe("5");
  // The last one is not waited for by anything: what it would have brought twice is there.
  expect(seen).toEqual(["1", "2", "3", "4", "interaction", "5"]);
  expect(worker.stats).toMatchObject({ direct: 4, repeated: 4, expired: 0, malformed: 0 });
});

test("an interaction that the stream takes too late expires", async () => {
  const { worker, seen, say, interact } = await open();
  faulty.takes = false;
  interact();
  say("1");
  await eventually(() => seen).toEqual(["1"]);
  await passed(3_000);
  faulty.heal();
  await eventually(() => worker.stats.expired).toBe(1);
  say("2");
  await eventually(() => seen).toEqual(["1", "2"]);
});

test("what the stream took and does not bring comes directly, and is handled once", async () => {
  const { role, worker, seen, say } = await open();
  faulty.brings = false;
  say("1", "2");
  await eventually(() => role.stats.waiting).toBe(0);
  await eventually(() => seen).toEqual(["1", "2"]);
  // Taken by the stream and not brought, and then not taken either.
  say("3");
  await eventually(() => role.stats.waiting).toBe(0);
  faulty.takes = false;
  say("4");
  await eventually(() => seen).toEqual(["1", "2", "3", "4"]);
  faulty.heal();
  say("5");
  await eventually(() => seen).toEqual(["1", "2", "3", "4", "5"]);
  await eventually(() => worker.stats.repeated).toBeGreaterThanOrEqual(4);
});

test("what cannot be known to follow waits for the stream", async () => {
  const { role, begin, say } = await openRole();
  faulty.brings = false;
  const { worker, seen } = await openWorker();
  begin("s");
  say("1");
  await eventually(() => role.stats.waiting).toBe(0);
  faulty.takes = false;
  say("2");
  await passed(3_000);
  expect(seen).toEqual([]);
  faulty.heal();
  await eventually(() => seen).toEqual(["READY", "1", "2"]);
  expect(worker.stats).toMatchObject({ direct: 0, repeated: 0 });
});

test("a session that begins while the stream takes nothing waits for it behind the one before", async () => {
  const { seen, begin, say } = await open();
  faulty.takes = false;
  say("1");
  begin("next");
  say("2");
  await eventually(() => seen).toEqual(["1"]);
  await passed(1_000);
  faulty.heal();
  await eventually(() => seen).toEqual(["1", "READY", "2"]);
});

test("the successor of a worker that dies meanwhile gets the same directly, and none of it twice", async () => {
  const { begin, say } = await openRole();
  const mortal = mortalBus();
  const first = await openWorker(mortal.bus);
  begin("s");
  say("0");
  await eventually(() => first.seen).toEqual(["READY", "0"]);
  // Its position is written down.
  await passed(LEASE_MS);
  faulty.takes = false;
  say("1", "2");
  await eventually(() => first.seen).toEqual(["READY", "0", "1", "2"]);
  mortal.kill();
  const second = await openWorker();
  await eventually(() => second.seen).toEqual(["1", "2"]);
  say("3");
  await eventually(() => second.seen).toEqual(["1", "2", "3"]);
  faulty.heal();
  say("4");
  await eventually(() => second.seen).toEqual(["1", "2", "3", "4"]);
  await eventually(() => second.worker.stats).toMatchObject({ direct: 3, repeated: 3 });
});

test("what came directly and is in work comes again when its worker dies", async () => {
  const { role, begin, say } = await openRole();
  const mortal = mortalBus();
  const first = await openWorker(mortal.bus, (content) => (content === "1" ? new Promise<void>(() => {}) : undefined));
  begin("s");
  say("0");
  await eventually(() => first.seen).toEqual(["READY", "0"]);
  faulty.takes = false;
  say("1", "2");
  await eventually(() => first.seen).toEqual(["READY", "0", "1", "2"]);
  faulty.heal();
  await eventually(() => first.worker.stats.repeated).toBe(2);
  await eventually(() => role.stats.waiting).toBe(0);
  await passed(LEASE_MS);
  mortal.kill();
  const second = await openWorker();
  await eventually(() => second.seen).toEqual(["1", "2"]);
});

test("while the table of leases takes no writes dispatches go on for a while, and no lane changes hands afterwards", async () => {
  const { worker, seen, say, interact } = await open();
  const idle = await openWorker();
  const moved: string[] = [];
  for (const each of [worker, idle.worker])
    for (const type of ["laneTaken", "laneEnded"] as const) each.on(type, () => void moved.push(type));
  await eventually(() => idle.worker.stats.workers).toBe(2);
  // One lane for two: it may have moved.
  await passed(2 * LEASE_MS);
  await eventually(() => [...worker.stats.lanes, ...idle.worker.stats.lanes]).toEqual([0]);
  const [owner, other] = worker.stats.lanes.length === 1 ? [worker, idle.worker] : [idle.worker, worker];
  moved.length = 0;
  faulty.writes = false;
  await eventually(() => owner.stats.lanes).toEqual([]);
  expect(owner.players.owns(GUILD)).toBe(false);
  say("1");
  interact();
  say("2");
  const all = () => [...seen, ...idle.seen];
  await eventually(all).toEqual(["1", "2"]);
  await passed(15_000);
  say("3");
  await passed(1_000);
  expect(all()).toEqual(["1", "2"]);
  faulty.heal();
  await eventually(all).toEqual(["1", "2", "3"]);
  await eventually(() => owner.stats).toMatchObject({ expired: 1, lanes: [0] });
  await passed(2 * LEASE_MS);
  expect(moved).toEqual([]);
  expect(other.stats.lanes).toEqual([]);
});

test("what is no offer is counted, and refused", async () => {
  const { worker, seen, say } = await open();
  const ask = (headers: Record<string, string>) => memory.request(directSubject(APP, 0), new Uint8Array(), { headers });
  const subject = `discord.${APP}.0.MESSAGE_CREATE.0`;
  for (const headers of [
    {},
    { "Dispatch-Shard": "0", "Dispatch-Subject": subject },
    { "Dispatch-Shard": "1", "Dispatch-Subject": subject, "Dispatch-Id": "s:3", "Dispatch-Previous": "2" },
    { "Dispatch-Shard": "0", "Dispatch-Subject": subject, "Dispatch-Id": "s:3", "Dispatch-Previous": "two" },
  ])
    await expect(ask(headers)).rejects.toMatchObject({ code: "BRIDGE_REQUEST_FAILED" });
  // One that leaves something out, perhaps.
  await ask({ "Dispatch-Shard": "0", "Dispatch-Subject": subject, "Dispatch-Id": "s:9", "Dispatch-Previous": "8" });
  say("1");
  await eventually(() => seen).toEqual(["1"]);
  expect(worker.stats).toMatchObject({ malformed: 4, direct: 0 });
});

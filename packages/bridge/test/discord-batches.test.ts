import type { Dispatch } from "@antiphon/protocol/discord";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDiscordGatewayRole, createDiscordWorker, type GatewayRoleOptions } from "../src/discord/index.ts";
import { encodeDispatch, packDispatches, readDispatches } from "../src/discord/dispatch-codec.ts";
import { createMemoryBus, type BusMessage, type BusTransport } from "../src/index.ts";
import { createHandShard, infoOf } from "./hand-shard.ts";

const APP = "42";
const LANES = 1;
const PREFIX = `discord.${APP}`;
const SHARDS_TABLE = `discord_${APP}_shards`;
const eventually = (value: () => unknown) => expect.poll(value, { timeout: 10_000 });
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A bus whose stream takes each message only when it is let. */
function createSlowBus(bus: BusTransport) {
  const gates: PromiseWithResolvers<void>[] = [];
  const slow: BusTransport = Object.create(bus, {
    publish: {
      async value(...given: Parameters<BusTransport["publish"]>) {
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
        await bus.publish(...given);
      },
    },
  }) as BusTransport;
  return { slow, gates };
}

let bus: BusTransport;
const closing: AsyncDisposable[] = [];
beforeEach(() => {
  bus = createMemoryBus();
});
afterEach(async () => {
  for (const each of closing.splice(0).toReversed()) await each[Symbol.asyncDispose]();
  await bus.close();
});

/** A gateway role of one shard whose dispatches are told by hand. */
async function openRole(options: Partial<GatewayRoleOptions> = {}) {
  const shard = createHandShard(0);
  const role = await openDiscordGatewayRole({
    bus,
    applicationId: APP,
    laneCount: LANES,
    leaseMs: 300,
    gatewayInfo: infoOf(1),
    openShard: () => shard,
    ...options,
  });
  closing.push(role);
  await shard.connected;
  const dispatch = (type: string, sequence: number, data: object = {}) => shard.tell(type, sequence, data);
  return { role, dispatch };
}

const ready = { session_id: "s", resume_gateway_url: "wss://localhost", user: { id: "1" } };

/** What the stream has: the event of each message, and the sequences in it. */
async function watchStream() {
  const messages: BusMessage[] = [];
  await bus.subscribe(`${PREFIX}.>`, (message) => void messages.push(message), { startAt: "all" });
  return () =>
    messages.map((message) => {
      const sequences = readDispatches(message)?.map(({ sequence }) => sequence) ?? [];
      return `${message.subject.split(".")[3]} ${sequences.join(",")}`;
    });
}

test("what comes while a lane's message is under way travels together, an interaction alone, all in order", async () => {
  const { slow, gates } = createSlowBus(bus);
  const { role, dispatch } = await openRole({ bus: slow });
  const kept = await watchStream();
  dispatch("READY", 1, ready);
  await eventually(() => gates.length).toBe(1);
  dispatch("GUILD_CREATE", 2, { id: "7", name: "line\nbreak" });
  dispatch("MESSAGE_CREATE", 3, { guild_id: "7" });
  dispatch("INTERACTION_CREATE", 4, { guild_id: "7" });
  dispatch("TYPING_START", 5, { guild_id: "7" });
  dispatch("MESSAGE_CREATE", 6, { guild_id: "7" });
  expect(role.stats.waiting).toBe(6);
  for (let number = 0; number < 4; number++) {
    await eventually(() => gates.length).toBe(number + 1);
    gates[number]?.resolve();
  }
  await eventually(kept).toEqual(["READY 1", "BATCH 2,3", "INTERACTION_CREATE 4", "BATCH 5,6"]);
  await eventually(() => role.stats).toMatchObject({ published: 6, waiting: 0, failed: 0 });
});

test("what the bus does not take begins again, and nothing newer passes it", async () => {
  const { slow, gates } = createSlowBus(bus);
  const { role, dispatch } = await openRole({ bus: slow });
  const kept = await watchStream();
  dispatch("READY", 1, ready);
  await eventually(() => gates.length).toBe(1);
  dispatch("MESSAGE_CREATE", 2);
  gates[0]?.reject(new Error("the bus is away"));
  await eventually(() => role.stats.failed).toBe(1);
  dispatch("MESSAGE_CREATE", 3);
  await eventually(() => role.stats.waiting).toBe(0);
  expect(gates).toHaveLength(1);
  expect(kept()).toEqual([]);
});

test("a gateway that takes a session over publishes none of what the stream has of it", async () => {
  const layout = { shardCount: 1, laneCount: LANES };
  const table = await bus.openKeyValue(SHARDS_TABLE, { create: true });
  await table.put("layout", json(layout));
  // The owner before died after it had published three more than it wrote down.
  const session = { id: "s", resumeUrl: "wss://localhost", sequence: 2 };
  await table.put("shard.0", json({ owner: null, data: { session, userId: "1" } }));
  const said = [3, 4, 5].flatMap(
    (sequence) => encodeDispatch({ type: "MESSAGE_CREATE", sequence, shardId: 0, data: {} }, LANES) ?? [],
  );
  const [first, ...rest] = said;
  const message = first && packDispatches([first, ...rest], { prefix: PREFIX, shardId: 0, sessionId: "s" });
  if (message !== undefined) await bus.publish(message.subject, message.data, message);
  const kept = await watchStream();
  const { role, dispatch } = await openRole();
  for (const sequence of [3, 4, 5, 6]) dispatch("MESSAGE_CREATE", sequence);
  dispatch("RESUMED", 7);
  await eventually(kept).toEqual(["BATCH 3,4,5", "BATCH 6,7"]);
  expect(role.stats).toMatchObject({ repeated: 3, refused: 0 });
});

test("a worker handles once what two gateways published in different messages", async () => {
  const table = await bus.openKeyValue(SHARDS_TABLE, { create: true });
  await table.put("layout", json({ shardCount: 1, laneCount: LANES }));
  await table.put("shard.0", json({ owner: null, data: { userId: "1" } }));
  const worker = createDiscordWorker({ bus, applicationId: APP });
  closing.push(worker);
  const seen: number[] = [];
  worker.gateway.subscribe(({ sequence }) => void seen.push(sequence));
  await worker.gateway.connect();
  const publish = async (sequences: readonly number[], sessionId = "s") => {
    const encoded = sequences.flatMap(
      (sequence) => encodeDispatch({ type: "MESSAGE_CREATE", sequence, shardId: 0, data: {} }, LANES) ?? [],
    );
    const [first, ...rest] = encoded;
    const message = first && packDispatches([first, ...rest], { prefix: PREFIX, shardId: 0, sessionId });
    if (message !== undefined) await bus.publish(message.subject, message.data, message);
  };
  await publish([1, 2, 3]);
  await publish([2, 3, 4, 5]);
  await publish([5]);
  await publish([6]);
  await publish([1, 2], "next session");
  await eventually(() => seen).toEqual([1, 2, 3, 4, 5, 6, 1, 2]);
  expect(worker.stats).toMatchObject({ delivered: 8, repeated: 3, malformed: 0 });
});

test("what is no message of a gateway is none", () => {
  const dispatch: Dispatch = { type: "MESSAGE_CREATE", sequence: 1, shardId: 0, data: { id: "1" } };
  const encoded = encodeDispatch(dispatch, LANES);
  if (encoded === undefined) throw new Error("this can travel");
  const message = packDispatches([encoded, { ...encoded, sequence: 2 }], {
    prefix: PREFIX,
    shardId: 0,
    sessionId: "s",
  });
  if (message === undefined) throw new Error("this fits");
  const received = { attempt: 1, sequence: 1, publishedAtMs: 0, ...message };
  expect(readDispatches(received)?.map(({ type, sequence, data }) => [type, sequence, data()])).toEqual([
    ["MESSAGE_CREATE", 1, { id: "1" }],
    ["MESSAGE_CREATE", 2, { id: "1" }],
  ]);
  for (const broken of [
    { ...received, id: "s" },
    { ...received, subject: `${PREFIX}.x.BATCH.0` },
    { ...received, data: new TextEncoder().encode("no line of ours") },
    { ...received, data: Uint8Array.of(0xff) },
  ])
    expect(readDispatches(broken)).toBeUndefined();
  expect(encodeDispatch({ ...dispatch, type: "BATCH" }, LANES)).toBeUndefined();
});

import { defineBench } from "@antiphon/bench";
import { startNats } from "@antiphon/services";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";
import { connectNatsCoreBus, type CoreBus } from "../src/index.ts";
import { defineEvent, listenEvent, sendEvent } from "../src/service/index.ts";

const BATCH = 5_000;
const WARM_UP_RUNS = 20;
const payload = {
  id: "018f6c1e-7a44-7000-8000-000000000001",
  guildId: "1300000000000000000",
  name: "trackStart",
  title: "Tidewater (live at the harbour, second night)",
  durationMs: 214_000,
  volumePercent: 80,
  requestedBy: "1300000000000000042",
};
const track = defineEvent({
  subject: "bench.{guildId}.track",
  schema: z.object({
    id: z.string(),
    guildId: z.string(),
    name: z.string(),
    title: z.string(),
    durationMs: z.number(),
    volumePercent: z.number(),
    requestedBy: z.string(),
  }),
  summary: "A track starts.",
});

let server: Awaited<ReturnType<typeof startNats>>;
let bus: CoreBus;
let raw: NatsConnection;

const open = async () => {
  server = await startNats();
  const servers = `127.0.0.1:${server.port}`;
  bus = await connectNatsCoreBus({ servers });
  raw = await connect({ servers });
};
/** A service runs for days: a quick run shall not measure how its code is compiled. */
const openAndWarmUp = async (...runs: readonly (() => Promise<void>)[]) => {
  await open();
  for (let turn = 0; turn < WARM_UP_RUNS; turn++) for (const run of runs) await run();
};
const close = async () => {
  await bus.close();
  await raw.close();
  await server.close();
};

const publishOurs = async () => {
  const sent: Promise<void>[] = [];
  for (let index = 0; index < BATCH; index++) sent.push(sendEvent(bus, track, { guildId: "42" }, payload));
  await Promise.all(sent);
};
const publishRaw = async () => {
  for (let index = 0; index < BATCH; index++) raw.publish("bench.42.track", JSON.stringify(payload));
  await raw.flush();
};

/** Messages of about 200 bytes, checked against their schema and held until the server has them, beside NATS' client alone. */
export const publishing = defineBench({
  name: "publish with validation, 200-byte JSON",
  unit: "µs CPU/op",
  bar: { atMostTimesRival: 1 / 0.8 },
  setup: () => openAndWarmUp(publishOurs, publishRaw),
  teardown: close,
  subject: { name: "sendEvent", operationsPerRun: BATCH, run: publishOurs },
  rival: { name: "@nats-io/transport-node", operationsPerRun: BATCH, run: publishRaw },
});

/** Events of one subject that arrive, checked and handled in order, beside a raw subscription that parses their JSON. */
const dispatchOf = (subscribe: (seen: () => void) => Promise<() => Promise<void>>) => async () => {
  const done = Promise.withResolvers<void>();
  let left = BATCH;
  const stop = await subscribe(() => {
    if (--left === 0) done.resolve();
  });
  const text = JSON.stringify(payload);
  await raw.flush();
  for (let index = 0; index < BATCH; index++) raw.publish("bench.42.track", text);
  await done.promise;
  await stop();
};

const dispatchOurs = dispatchOf(async (seen) => {
  const listening = await listenEvent(bus, track, {}, seen);
  return () => listening.close();
});
const dispatchRaw = dispatchOf(async (seen) => {
  const subscription = raw.subscribe("bench.*.track");
  void (async () => {
    for await (const message of subscription) if (message.json<{ name: string }>().name !== "") seen();
  })();
  await raw.flush();
  return () => subscription.drain();
});

export const dispatching = defineBench({
  name: "events dispatched to handlers, 200-byte JSON",
  unit: "µs CPU/op",
  bar: { atMostTimesRival: 1 / 0.75 },
  setup: () => openAndWarmUp(dispatchOurs, dispatchRaw),
  teardown: close,
  subject: { name: "listenEvent", operationsPerRun: BATCH, run: dispatchOurs },
  rival: { name: "a raw subscription with JSON.parse", operationsPerRun: BATCH, run: dispatchRaw },
  note: "Sending is part of both.",
});

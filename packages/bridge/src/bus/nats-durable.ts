import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiError,
  type ConsumerConfig,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { Clock } from "@antiphon/std";
import { DEFAULT_ACK_WAIT_MS, inFlightOf, unmarked, type StreamStart, type SubscribeOptions } from "./bus-stream.ts";
import type { BusMessage } from "./bus-transport.ts";
import { createLaneRunner, type Obituary } from "./lane-runner.ts";
import { fromNatsHeaders } from "./nats-connection.ts";
import type { NatsCore } from "./nats-core-bus.ts";
import { createTakeover } from "./nats-takeover.ts";

/** What a subscription over JetStream works with. */
export interface NatsStreamParts {
  readonly core: NatsCore;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly streamName: string;
  readonly clock: Clock;
  bury(message: BusMessage, durable: string, obituary: Obituary): Promise<void>;
}

type Handler = (message: BusMessage) => Promise<void> | void;

const CONSUMER_NOT_FOUND = 10_014;
/** Between two attempts to get going again. */
const RETRY_MS = 250;
/** How long a pull stays open, and how often the server says meanwhile that it is there. */
const PULL_MS = 4_000;
const HEARTBEAT_MS = 1_000;

/** Subscribes without a name: everything from a start on, once, until it is closed. */
export async function subscribeOrdered(
  { core, client, streamName, clock }: NatsStreamParts,
  pattern: string,
  handler: Handler,
  options: SubscribeOptions,
): Promise<() => Promise<void>> {
  const runner = createLaneRunner({ ...options, handler, counts: core.counts, clock });
  const limit = inFlightOf(options);
  const ending = new AbortController();
  let startAt = options.startAt ?? "new";

  const open = async (): Promise<ConsumerMessages> => {
    const consumer = await client.consumers.get(streamName, { filter_subjects: pattern, ...startConfig(startAt) });
    // What comes while a first consumer is lost must not be missed by the second.
    if (startAt === "new") startAt = { sequence: (await consumer.info(true)).delivered.stream_seq + 1 };
    return consumer.consume({ max_messages: 256, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS });
  };
  const reopen = async (): Promise<ConsumerMessages | undefined> => {
    while (!ending.signal.aborted && !core.connection.isClosed()) {
      try {
        if (core.line.up) return await open();
      } catch {
        // The stream has no leader yet; it gets one.
      }
      await clock.sleep(RETRY_MS, { signal: ending.signal }).catch(() => {});
    }
    return undefined;
  };
  const read = async (messages: ConsumerMessages): Promise<void> => {
    // A consumer lives on one server of a cluster. The client waits for it to come back; a new one elsewhere goes on at once.
    using _line = core.line.onChange(() => messages.stop());
    const stop = () => messages.stop();
    ending.signal.addEventListener("abort", stop, { once: true });
    void stopWhenSilent(messages);
    for await (const raw of messages) {
      if (ending.signal.aborted) break;
      startAt = { sequence: raw.info.streamSequence + 1 };
      const message = unmarked(toBusMessage(raw), undefined);
      if (message === undefined) continue;
      runner.accept({ message, done: nothing, giveBack: nothing, bury: () => Promise.resolve() });
      if (runner.size >= limit) await runner.below(limit);
    }
    ending.signal.removeEventListener("abort", stop);
  };

  const first = await open();
  const done = (async () => {
    for (let messages: ConsumerMessages | undefined = first; messages !== undefined; messages = await reopen())
      await read(messages).catch(() => {});
  })();
  return async () => {
    ending.abort();
    await Promise.all([runner.close(), done]);
  };
}

const nothing = () => {};

/** Ends a subscription whose consumer has missed two heartbeats. */
async function stopWhenSilent(messages: ConsumerMessages): Promise<void> {
  for await (const status of messages.status()) if (status.type === "heartbeats_missed") messages.stop();
}

/** Subscribes under a durable name. */
export async function subscribeDurable(
  parts: NatsStreamParts,
  pattern: string,
  handler: Handler,
  options: SubscribeOptions & { readonly durable: string },
): Promise<() => Promise<void>> {
  const { core, client, streamName, clock } = parts;
  const { durable, ackWaitMs = DEFAULT_ACK_WAIT_MS } = options;
  const inFlight = inFlightOf(options);
  const runner = createLaneRunner({ ...options, handler, counts: core.counts, clock });
  const held = new Map<number, JsMsg>();
  const ending = new AbortController();
  let lastSequence = 0;

  await ensureConsumer(parts, pattern, options);
  // Who still has messages says so, or the server would give them to somebody else meanwhile.
  const beat = setInterval(() => held.forEach((message) => message.working()), ackWaitMs / 3);

  const accept = (raw: JsMsg): void => {
    const message = unmarked(toBusMessage(raw), durable);
    if (message === undefined) return raw.ack();
    lastSequence = Math.max(lastSequence, message.sequence);
    held.set(message.sequence, raw);
    const release = (how: (message: JsMsg) => void) => {
      const latest = held.get(message.sequence) ?? raw;
      held.delete(message.sequence);
      // On a line that is down it would get lost; the message comes again, and is recognised.
      if (core.line.up) how(latest);
    };
    runner.accept({
      message,
      done: () => release((each) => each.ack()),
      giveBack: () => release((each) => each.nak()),
      async bury(obituary) {
        await parts.bury(message, durable, obituary);
        release((each) => each.ack());
      },
    });
  };

  const pull = async (): Promise<void> => {
    const parting = new AbortController();
    const takeover = createTakeover({ ...parts, durable, inFlight, ackWaitMs, inWork: held, accept });
    await takeover.prepare(ending.signal);
    const keeping = setInterval(takeover.keep, ackWaitMs / 3);
    try {
      const consumer = await client.consumers.get(streamName, durable);
      const messages = await consumer.consume({
        max_messages: Math.min(inFlight, 1_000),
        // What is in work here comes again, too.
        callback: (raw) => (held.has(raw.info.streamSequence) ? accept(raw) : takeover.take(raw)),
        abort_on_missing_resource: true,
      });
      const broken = untilBroken(messages, core, ending.signal);
      await Promise.race([broken, takeover.finish(parting.signal)]);
      await broken;
    } finally {
      clearInterval(keeping);
      parting.abort();
      for (const raw of takeover.abandon()) if (core.line.up) raw.nak();
    }
  };

  const done = (async () => {
    while (!ending.signal.aborted && !core.connection.isClosed()) {
      try {
        if (core.line.up) await pull();
        else await clock.sleep(RETRY_MS, { signal: ending.signal });
      } catch (error) {
        // An outage, or the end. A consumer that somebody deleted is made again where this subscriber was.
        if (ending.signal.aborted) return;
        const startAt = lastSequence === 0 ? options.startAt : { sequence: lastSequence + 1 };
        const gone = error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND;
        if (gone) await ensureConsumer(parts, pattern, { ...options, startAt }).catch(() => {});
        await clock.sleep(RETRY_MS, { signal: ending.signal }).catch(() => {});
      }
    }
  })();

  return async () => {
    ending.abort();
    await Promise.all([runner.close(), done]);
    clearInterval(beat);
  };
}

/** Resolves when the line breaks, the subscription ends, or the consumer does. */
async function untilBroken(messages: ConsumerMessages, core: NatsCore, signal: AbortSignal): Promise<void> {
  const end = Promise.withResolvers<void>();
  using _watch = core.line.onChange(() => end.resolve());
  const onAbort = () => end.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted || !core.line.up) end.resolve();
  const closed = messages.closed().then((error) => {
    if (error instanceof Error) throw error;
  });
  try {
    await Promise.race([end.promise, closed]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    closed.catch(() => {});
    messages.stop();
  }
}

async function ensureConsumer(
  { manager, streamName }: NatsStreamParts,
  pattern: string,
  options: SubscribeOptions & { readonly durable: string },
): Promise<void> {
  const { durable, startAt = "all", ackWaitMs = DEFAULT_ACK_WAIT_MS } = options;
  const config = {
    filter_subject: pattern,
    ack_wait: nanos(ackWaitMs),
    // Attempts are counted here, so that the last one leaves a dead letter behind.
    max_deliver: -1,
    max_ack_pending: inFlightOf(options),
  };
  const known = await manager.consumers.info(streamName, durable).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND) return undefined;
    throw error;
  });
  if (known !== undefined) await manager.consumers.update(streamName, durable, config);
  else {
    const start = startConfig(startAt);
    await manager.consumers.add(streamName, {
      ...config,
      ...start,
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
    });
  }
}

function startConfig(startAt: StreamStart): Pick<ConsumerConfig, "deliver_policy"> & Partial<ConsumerConfig> {
  if (startAt === "all") return { deliver_policy: DeliverPolicy.All };
  if (startAt === "new") return { deliver_policy: DeliverPolicy.New };
  if ("sequence" in startAt) return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: startAt.sequence };
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(startAt.atMs).toISOString() };
}

function toBusMessage({ subject, data, headers, info }: JsMsg): BusMessage {
  return {
    subject,
    data,
    headers: fromNatsHeaders(headers),
    id: headers?.get("Nats-Msg-Id") ?? "",
    attempt: info.deliveryCount,
    sequence: info.streamSequence,
    publishedAtMs: Math.floor(info.timestampNanos / 1e6),
  };
}

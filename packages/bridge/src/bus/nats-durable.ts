import { AckPolicy, JetStreamApiError, type ConsumerMessages } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { DEFAULT_ACK_WAIT_MS, inFlightOf, unmarked, type SubscribeOptions } from "./bus-stream.ts";
import type { BusMessage } from "./bus-message.ts";
import { createLaneRunner } from "./lane-runner.ts";
import type { NatsCore } from "./nats-core-bus.ts";
import { createNatsIntake, toBusMessage } from "./nats-intake.ts";
import { PULL, readStream, RETRY_MS, startConfig } from "./nats-reader.ts";
import type { NatsStreamParts } from "./nats-stream-parts.ts";
import { createTakeover } from "./nats-takeover.ts";

type Handler = (message: BusMessage) => Promise<void> | void;

const CONSUMER_NOT_FOUND = 10_014;

/** Subscribes without a name: everything from a start on, once, until it is closed. */
export async function subscribeOrdered(
  { core, client, streamName, clock, logger }: NatsStreamParts,
  pattern: string,
  handler: Handler,
  options: SubscribeOptions,
): Promise<() => Promise<void>> {
  const { connection, line, counts } = core;
  const runner = createLaneRunner({ ...options, handler, counts, clock, logger });
  const limit = inFlightOf(options);
  const end = await readStream({
    connection,
    line,
    client,
    streamName,
    pattern,
    startAt: options.startAt ?? "new",
    clock,
    onMessage(raw) {
      const message = unmarked(toBusMessage(raw), undefined);
      if (message === undefined) return;
      runner.accept({ message, done: nothing, giveBack: nothing, bury: () => Promise.resolve() });
      if (runner.size >= limit) return runner.below(limit);
    },
  });
  return async () => {
    await Promise.all([runner.close(), end()]);
  };
}

const nothing = () => {};

/** Subscribes under a durable name. */
export async function subscribeDurable(
  parts: NatsStreamParts,
  pattern: string,
  handler: Handler,
  options: SubscribeOptions & { readonly durable: string },
): Promise<() => Promise<void>> {
  const { core, client, streamName, clock, logger } = parts;
  const { durable, ackWaitMs = DEFAULT_ACK_WAIT_MS } = options;
  const inFlight = inFlightOf(options);
  const runner = createLaneRunner({ ...options, handler, counts: core.counts, clock, logger });
  const ending = new AbortController();
  const intake = createNatsIntake(parts, { durable, runner, signal: ending.signal });
  const { accept, held } = intake;

  await ensureConsumer(parts, pattern, options);
  // Who still has messages says so, or the server would give them to somebody else meanwhile.
  const beat = setInterval(intake.keep, ackWaitMs / 3);

  const pull = async (): Promise<void> => {
    const parting = new AbortController();
    const takeover = createTakeover({ ...parts, durable, inFlight, ackWaitMs, inWork: held, accept });
    await takeover.prepare(ending.signal);
    const keeping = setInterval(takeover.keep, ackWaitMs / 3);
    try {
      const consumer = await client.consumers.get(streamName, durable);
      const messages = await consumer.consume({
        max_messages: Math.min(inFlight, 1_000),
        ...PULL,
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
        const { newestSequence } = intake;
        const startAt = newestSequence === 0 ? options.startAt : { sequence: newestSequence + 1 };
        const gone = error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND;
        if (gone) await ensureConsumer(parts, pattern, { ...options, startAt }).catch(() => {});
        await clock.sleep(RETRY_MS, { signal: ending.signal }).catch(() => {});
      }
    }
  })();

  return async () => {
    ending.abort();
    await Promise.all([runner.close(), intake.close(), done]);
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

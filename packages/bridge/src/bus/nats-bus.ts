import { isDeepStrictEqual } from "node:util";
import { jetstream, jetstreamManager, StorageType, type JetStreamManager } from "@nats-io/jetstream";
import { nanos, type NatsConnection } from "@nats-io/transport-node";
import { silentLogger, systemClock, type Logger } from "@antiphon/std";
import { BridgeError } from "../error.ts";
import type { BusTransport } from "./bus-transport.ts";
import { whenDownFor } from "./connection-line.ts";
import { checkDurable } from "./durable-name.ts";
import { hedged } from "./hedged.ts";
import { connectFailed, fromNatsHeaders, openNatsConnection, type NatsConnectionOptions } from "./nats-connection.ts";
import { natsCore } from "./nats-core-bus.ts";
import { createNatsDeadLetters, type NatsDeadLetters } from "./nats-dead-letters.ts";
import { subscribeDurable, subscribeOrdered } from "./nats-durable.ts";
import { originOf, readOrigin, unlessMissing } from "./nats-origin.ts";
import { createNatsPublisher, type NatsPublisher } from "./nats-publisher.ts";
import type { NatsStreamParts } from "./nats-stream-parts.ts";
import { findOrMake, untilElected, untilStreamAnswers, type StreamStartOptions } from "./nats-stream-start.ts";
import { checkPattern, matchesSubject } from "./subject.ts";

/** Options of {@link connectNatsBus}. */
export interface NatsBusOptions extends NatsConnectionOptions {
  /** The stream that keeps what is published; made when missing. */
  readonly stream: {
    readonly name: string;
    /** What it keeps: `antiphon.>`. */
    readonly subjects: readonly string[];
    /** Defaults to one day. */
    readonly maximumAgeMs?: number;
    /** Defaults to 256 MiB. */
    readonly maximumBytes?: number;
    /** How many servers of a cluster keep each message: 1, 3 or 5. Defaults to 1. */
    readonly replicas?: number;
    /** Defaults to `file`; decided when the stream is made. */
    readonly storage?: "file" | "memory";
  };
  /**
   * How many messages may be under way to the stream at once. Defaults to 256. On one server the order holds with any number; while a
   * cluster elects a new leader only 1 is sure to keep it.
   */
  readonly publishWindow?: number | undefined;
  /** Told of dead letters, at warn. Defaults to silence. */
  readonly logger?: Logger | undefined;
}

const CLOSE_GRACE_MS = 5_000;

/**
 * Connects to NATS with JetStream and makes the stream when it is missing. A cluster that elects its leader is given 30 s; later
 * outages are waited out.
 *
 * @throws BridgeError BRIDGE_CONNECT_FAILED when no server can be reached or it has no JetStream
 */
export async function connectNatsBus(options: NatsBusOptions): Promise<BusTransport> {
  const { servers, stream, clock = systemClock, signal, outboxLimit = 10_000, outboxOverflow } = options;
  const connection = await openNatsConnection(options);
  try {
    const patience = { clock, signal };
    const manager = await untilElected(() => jetstreamManager(connection), patience);
    await ensureStream(connection, manager, stream, patience);
    const client = jetstream(connection);
    const core = natsCore(connection, { clock, outboxLimit, outboxOverflow });
    const window = options.publishWindow ?? 256;
    const publisher = createNatsPublisher({ core, clock, window, outboxLimit, outboxOverflow });
    const { name: streamName, replicas = 1 } = stream;
    const { logger = silentLogger } = options;
    const letters = createNatsDeadLetters({ core, manager, streamName, publisher, replicas, clock, logger });
    const parts = { core, manager, client, streamName, clock, logger, bury: letters.bury };
    return busOver(parts, { publisher, letters, subjects: stream.subjects });
  } catch (error) {
    await connection.close();
    signal?.throwIfAborted();
    throw connectFailed(servers, error);
  }
}

async function ensureStream(
  connection: NatsConnection,
  manager: JetStreamManager,
  stream: NatsBusOptions["stream"],
  patience: StreamStartOptions,
): Promise<void> {
  const { name, subjects, maximumAgeMs = 86_400_000, maximumBytes = 256 * 1024 * 1024, replicas = 1 } = stream;
  const wanted = {
    subjects: [...subjects],
    max_age: nanos(maximumAgeMs),
    max_bytes: maximumBytes,
    num_replicas: replicas,
  };
  const { config } = await findOrMake(
    () => manager.streams.info(name),
    () =>
      manager.streams.add({
        name,
        ...wanted,
        allow_direct: true,
        storage: stream.storage === "memory" ? StorageType.Memory : StorageType.File,
        duplicate_window: nanos(Math.min(maximumAgeMs, 120_000)),
      }),
    patience,
  );
  // What nobody has to change is left alone: of workers that start together only one makes the stream.
  if (config.allow_direct) await untilStreamAnswers(connection, name, patience);
  if (!isDeepStrictEqual({ ...config, ...wanted }, config)) await manager.streams.update(name, wanted);
}

function busOver(
  parts: NatsStreamParts,
  own: { readonly publisher: NatsPublisher; readonly letters: NatsDeadLetters; readonly subjects: readonly string[] },
): BusTransport {
  const { core, manager, streamName, clock } = parts;
  const { publisher, letters, subjects } = own;
  const { send, listen, request, respond, openKeyValue } = core.bus;
  const checkKept = (subject: string) => {
    if (subjects.some((pattern) => matchesSubject(pattern, subject))) return;
    throw new BridgeError(
      "BRIDGE_INVALID_SUBJECT",
      `The stream ${streamName} does not keep ${subject}: it keeps ${subjects.join(", ")}.`,
    );
  };
  let closing: Promise<void> | undefined;
  const bus: BusTransport = {
    send,
    listen,
    request,
    respond,
    openKeyValue,
    async publish(subject, data, { signal, id, headers }) {
      core.checkMessage(subject, data, headers, id);
      checkKept(subject);
      await publisher.publish({ subject, data, id, ...(headers === undefined ? {} : { headers }) }, signal);
    },
    async subscribe(pattern, handler, options = {}) {
      core.checkOpen();
      checkPattern(pattern);
      const { durable } = options;
      checkDurable(durable);
      if (durable === undefined) return core.track(await subscribeOrdered(parts, pattern, handler, options));
      return core.track(await subscribeDurable(parts, pattern, handler, { ...options, durable }));
    },
    async newest(pattern) {
      core.checkOpen();
      checkPattern(pattern);
      const ask = () => unlessMissing(manager.streams.getMessage(streamName, { last_by_subj: pattern }));
      const stored = await hedged(ask, { clock, firstWaitMs: 500, discard: () => {} });
      if (stored === undefined || stored === null) return undefined;
      const { subject, data, seq, time } = stored;
      const carried = { subject, data, ...fromNatsHeaders(() => stored.header) };
      const origin = originOf(carried.headers);
      const content = origin === undefined ? carried : await readOrigin(manager, streamName, origin, undefined);
      return { ...carried, ...content, attempt: 1, sequence: seq, publishedAtMs: time.getTime() };
    },
    async durableState(durable) {
      const state = await unlessMissing(manager.consumers.info(streamName, durable));
      return state === undefined ? undefined : { waiting: state.num_pending, inFlight: state.num_ack_pending };
    },
    async forgetDurable(durable) {
      await unlessMissing(manager.consumers.delete(streamName, durable));
    },
    deadLetters: letters.list,
    redrive: letters.redrive,
    get connected() {
      return core.bus.connected;
    },
    closed: core.bus.closed,
    get stats() {
      const { outboxSize, outboxDropped, ...rest } = core.bus.stats;
      const { size, dropped } = publisher;
      return { ...rest, outboxSize: outboxSize + size, outboxDropped: outboxDropped + dropped };
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => bus.close(),
  };
  const close = async () => {
    // A handler at work may wait for a bus that is away: it is told the truth then, for it would wait for ever.
    using _outage = whenDownFor(core.line, CLOSE_GRACE_MS, clock, () => {
      void publisher.close(0);
      void core.closeOutbox(0);
    });
    await core.endSubscriptions();
    await publisher.close(CLOSE_GRACE_MS);
    await core.bus.close();
  };
  return bus;
}

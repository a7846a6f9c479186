import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { systemClock, type Clock } from "@antiphon/std";
import { checkSize } from "./bus-failure.ts";
import { MAXIMUM_ATTEMPTS, type BusMessage, type BusTransport, type PublishOptions } from "./bus-transport.ts";
import {
  connectFailed,
  fromNatsHeaders,
  openNatsConnection,
  toNatsHeaders,
  type NatsConnectionOptions,
} from "./nats-connection.ts";
import { natsCore, OUTBOX_LIMIT_BYTES, type NatsCore } from "./nats-core-bus.ts";
import { createOutbox } from "./outbox.ts";
import { checkPattern, checkSubject } from "./subject.ts";

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
  };
}

const CLOSE_GRACE_MS = 5_000;
const PUBLISH_TIMEOUT_MS = 2_000;
const ACK_WAIT_MS = 30_000;
const REDELIVERY_DELAY_MS = 100;

interface Outgoing extends Omit<PublishOptions, "signal"> {
  readonly subject: string;
  readonly data: Uint8Array;
}

/**
 * Connects to NATS with JetStream and makes the stream when it is missing. Later outages are waited out.
 *
 * @throws BridgeError BRIDGE_CONNECT_FAILED when no server can be reached or it has no JetStream
 */
export async function connectNatsBus(options: NatsBusOptions): Promise<BusTransport> {
  const { servers, clock = systemClock, outboxLimit = 10_000 } = options;
  const connection = await openNatsConnection(options);
  try {
    const manager = await jetstreamManager(connection);
    await ensureStream(manager, options.stream);
    return busOver({
      core: natsCore(connection, { clock, outboxLimit }),
      manager,
      client: jetstream(connection),
      streamName: options.stream.name,
      clock,
      outboxLimit,
    });
  } catch (error) {
    await connection.close();
    throw connectFailed(servers, error);
  }
}

async function ensureStream(manager: JetStreamManager, stream: NatsBusOptions["stream"]): Promise<void> {
  const { name, subjects, maximumAgeMs = 86_400_000, maximumBytes = 256 * 1024 * 1024 } = stream;
  const wanted = { subjects: [...subjects], max_age: nanos(maximumAgeMs), max_bytes: maximumBytes };
  const known = await manager.streams.info(name).catch(() => undefined);
  if (known === undefined)
    await manager.streams.add({ name, ...wanted, duplicate_window: nanos(Math.min(maximumAgeMs, 120_000)) });
  else await manager.streams.update(name, wanted);
}

interface BusParts {
  readonly core: NatsCore;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly streamName: string;
  readonly clock: Clock;
  readonly outboxLimit: number;
}

function busOver({ core, manager, client, streamName, clock, outboxLimit }: BusParts): BusTransport {
  const { counts, checkOpen, track } = core;
  const outbox = createOutbox<Outgoing>({
    clock,
    limit: outboxLimit,
    limitBytes: OUTBOX_LIMIT_BYTES,
    sizeOf: ({ data }) => data.byteLength,
    async send(items) {
      for (const { subject, data, id, headers } of items) {
        const acknowledged = await client.publish(subject, data, {
          msgID: id,
          headers: toNatsHeaders(headers),
          timeout: PUBLISH_TIMEOUT_MS,
        });
        if (acknowledged.duplicate) counts.duplicates++;
        else counts.published++;
      }
    },
  });

  const handle = async (
    message: JsMsg,
    handler: (message: BusMessage) => Promise<void> | void,
    durable: boolean,
  ): Promise<void> => {
    const attempt = message.info.deliveryCount;
    // A handler that takes long tells the server so, or the message would be given to somebody else meanwhile.
    const alive = durable ? setInterval(() => message.working(), ACK_WAIT_MS / 3) : undefined;
    try {
      await handler(toBusMessage(message, attempt));
      message.ack();
      counts.delivered++;
    } catch {
      // The handler's failure is the subscriber's own affair; what the bus owes is another try, and the count.
      if (durable && attempt < MAXIMUM_ATTEMPTS) {
        counts.redelivered++;
        message.nak(REDELIVERY_DELAY_MS * attempt);
      } else {
        counts.abandoned++;
        message.term();
      }
    } finally {
      clearInterval(alive);
    }
  };

  const { send, listen, request, respond, openKeyValue } = core.bus;
  const bus: BusTransport = {
    send,
    listen,
    request,
    respond,
    openKeyValue,
    async publish(subject, data, { signal, ...publishOptions }) {
      checkOpen();
      checkSubject(subject);
      checkSize(data);
      await outbox.add({ subject, data: data.slice(), ...publishOptions }, signal);
    },
    async subscribe(pattern, handler, { durable } = {}) {
      checkOpen();
      checkPattern(pattern);
      const messages = await consume({ manager, client, streamName }, pattern, durable);
      const done = (async () => {
        for await (const message of messages) await handle(message, handler, durable !== undefined);
      })();
      return track(async () => {
        await messages.close();
        await done;
      });
    },
    get connected() {
      return core.bus.connected;
    },
    get stats() {
      const { outboxSize, ...rest } = core.bus.stats;
      return { ...rest, outboxSize: outboxSize + outbox.size };
    },
    async close() {
      await outbox.close(CLOSE_GRACE_MS);
      await core.bus.close();
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
  return bus;
}

async function consume(
  { manager, client, streamName }: Pick<BusParts, "manager" | "client" | "streamName">,
  pattern: string,
  durable: string | undefined,
): Promise<ConsumerMessages> {
  if (durable === undefined) {
    const ordered = await client.consumers.get(streamName, {
      filter_subjects: pattern,
      deliver_policy: DeliverPolicy.New,
    });
    return ordered.consume({ max_messages: 256 });
  }
  await manager.consumers.add(streamName, {
    durable_name: durable,
    filter_subject: pattern,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    deliver_policy: DeliverPolicy.All,
    max_deliver: MAXIMUM_ATTEMPTS,
    // One at a time keeps the order when a message is given again.
    max_ack_pending: 1,
  });
  const consumer = await client.consumers.get(streamName, durable);
  return consumer.consume({ max_messages: 256 });
}

function toBusMessage(message: JsMsg, attempt: number): BusMessage {
  const { subject, data, headers } = message;
  return { subject, data, headers: fromNatsHeaders(headers), id: headers?.get("Nats-Msg-Id") ?? "", attempt };
}

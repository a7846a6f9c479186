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
import {
  connect,
  errors,
  headers as createHeaders,
  nanos,
  type MsgHdrs,
  type NatsConnection,
} from "@nats-io/transport-node";
import { describeError, systemClock, withSignal, type Clock } from "@antiphon/std";
import { BridgeError } from "../error.ts";
import { busClosed, checkSize, noResponder, requestFailed, requestTimedOut } from "./bus-failure.ts";
import {
  MAXIMUM_ATTEMPTS,
  type BusMessage,
  type BusSubscription,
  type BusTransport,
  type PublishOptions,
} from "./bus-transport.ts";
import { createOutbox } from "./outbox.ts";
import { checkPattern, checkSubject } from "./subject.ts";

/** Options of {@link connectNatsBus}. */
export interface NatsBusOptions {
  /** One or more `host:port`. Defaults to `127.0.0.1:4222`. */
  readonly servers?: string | readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Shown in the server's list of connections. Defaults to `antiphon`. */
  readonly name?: string;
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
  /** The most messages that wait while the server is away. Defaults to 10,000, and 64 MiB. */
  readonly outboxLimit?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

const OUTBOX_LIMIT_BYTES = 64 * 1024 * 1024;
const CLOSE_GRACE_MS = 5_000;
const PUBLISH_TIMEOUT_MS = 2_000;
const ACK_WAIT_MS = 30_000;
const REDELIVERY_DELAY_MS = 100;
/** The header by which a responder says that it failed; what failed stays with it. */
const FAILED_HEADER = "Antiphon-Failed";

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
  const { servers = "127.0.0.1:4222", clock = systemClock, outboxLimit = 10_000, signal } = options;
  signal?.throwIfAborted();
  const connection = await open(options, servers);
  try {
    const manager = await jetstreamManager(connection);
    await ensureStream(manager, options.stream);
    return busOver({
      connection,
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

async function open(options: NatsBusOptions, servers: string | readonly string[]): Promise<NatsConnection> {
  const { user, password, token, name = "antiphon" } = options;
  try {
    return await connect({
      servers: typeof servers === "string" ? servers : [...servers],
      name,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { pass: password }),
      ...(token === undefined ? {} : { token }),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      timeout: 5_000,
    });
  } catch (error) {
    throw connectFailed(servers, error);
  }
}

function connectFailed(servers: string | readonly string[], cause: unknown): BridgeError {
  const where = typeof servers === "string" ? servers : servers.join(", ");
  return new BridgeError(
    "BRIDGE_CONNECT_FAILED",
    `Cannot use NATS at ${where.replace(/\/\/[^@/]*@/g, "//")}: ${describeError(cause)}. Start nats-server with JetStream (-js), or check the address.`,
    { cause, retryable: true },
  );
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
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly streamName: string;
  readonly clock: Clock;
  readonly outboxLimit: number;
}

function busOver({ connection, manager, client, streamName, clock, outboxLimit }: BusParts): BusTransport {
  const counts = {
    published: 0,
    delivered: 0,
    duplicates: 0,
    redelivered: 0,
    abandoned: 0,
    lost: 0,
    failedRequests: 0,
  };
  const subscriptions = new Set<BusSubscription>();
  let closed = false;

  const outbox = createOutbox<Outgoing>({
    clock,
    limit: outboxLimit,
    limitBytes: OUTBOX_LIMIT_BYTES,
    sizeOf: ({ data }) => data.byteLength,
    async send({ subject, data, id, headers }) {
      const acknowledged = await client.publish(subject, data, {
        msgID: id,
        headers: toHeaders(headers),
        timeout: PUBLISH_TIMEOUT_MS,
      });
      if (acknowledged.duplicate) counts.duplicates++;
      else counts.published++;
    },
  });

  const checkOpen = () => {
    if (closed) throw busClosed();
  };
  const track = (end: () => Promise<void>): BusSubscription => {
    const subscription: BusSubscription = {
      async close() {
        if (subscriptions.delete(subscription)) await end();
      },
      [Symbol.asyncDispose]: () => subscription.close(),
    };
    subscriptions.add(subscription);
    return subscription;
  };

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

  const bus: BusTransport = {
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
    async request(subject, data, { timeoutMs = 5_000, headers, signal } = {}) {
      checkOpen();
      checkSubject(subject);
      checkSize(data);
      try {
        const answer = connection.request(subject, data, { timeout: timeoutMs, headers: toHeaders(headers) });
        const message = await withSignal(answer, signal);
        if (message.headers?.has(FAILED_HEADER) === true) throw requestFailed(subject);
        return message.data;
      } catch (error) {
        throw toRequestError(error, subject, timeoutMs);
      }
    },
    async respond(pattern, handler, { queue = "responders" } = {}) {
      checkOpen();
      checkPattern(pattern);
      const subscription = connection.subscribe(pattern, {
        queue,
        callback: (failure, message) => {
          if (failure !== null) return;
          void (async () => {
            const request = {
              subject: message.subject,
              data: message.data,
              headers: fromHeaders(message.headers),
              id: "",
              attempt: 1,
            };
            try {
              message.respond(await handler(request));
            } catch {
              // Said to the asker without the failure's text, which may hold a secret.
              counts.failedRequests++;
              message.respond(undefined, { headers: toHeaders({ [FAILED_HEADER]: "true" }) });
            }
          })();
        },
      });
      // The server must know of the subscription before anybody is told that it stands.
      await connection.flush();
      return track(() => subscription.drain());
    },
    get stats() {
      return { ...counts, outboxSize: outbox.size };
    },
    async close() {
      if (closed) return;
      closed = true;
      await outbox.close(CLOSE_GRACE_MS);
      await Promise.allSettled([...subscriptions].map((subscription) => subscription.close()));
      await connection.close();
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

function toHeaders(values: Readonly<Record<string, string>> = {}): MsgHdrs {
  const result = createHeaders();
  for (const [name, value] of Object.entries(values)) result.set(name, value);
  return result;
}

function fromHeaders(values: MsgHdrs | undefined): Record<string, string> {
  return Object.fromEntries(
    (values?.keys() ?? []).filter((name) => !name.startsWith("Nats-")).map((name) => [name, values?.get(name) ?? ""]),
  );
}

function toBusMessage(message: JsMsg, attempt: number): BusMessage {
  const { subject, data, headers } = message;
  return { subject, data, headers: fromHeaders(headers), id: headers?.get("Nats-Msg-Id") ?? "", attempt };
}

function toRequestError(error: unknown, subject: string, timeoutMs: number): unknown {
  if (error instanceof errors.NoRespondersError) return noResponder(subject);
  if (error instanceof errors.RequestError && error.isNoResponders()) return noResponder(subject);
  if (error instanceof errors.TimeoutError) return requestTimedOut(subject, timeoutMs);
  return error;
}

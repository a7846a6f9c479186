import { errors, type Msg, type MsgHdrs, type NatsConnection, type PublishOptions } from "@nats-io/transport-node";
import { systemClock, withSignal, type Clock } from "@antiphon/std";
import type { BridgeError } from "../error.ts";
import {
  busClosed,
  serverGivenUp,
  checkHeaders,
  checkSize,
  noResponder,
  requestFailed,
  requestTimedOut,
  tooLarge,
} from "./bus-failure.ts";
import type { BusMessage, BusSubscription } from "./bus-message.ts";
import { MAXIMUM_MESSAGE_BYTES, type BusStats, type CoreBus, type SendOptions } from "./bus-transport.ts";
import { watchLine, type ConnectionLine } from "./connection-line.ts";
import { fromNatsHeaders, openNatsConnection, toNatsHeaders, type NatsConnectionOptions } from "./nats-connection.ts";
import { openNatsKeyValue } from "./nats-key-value.ts";
import { createOutbox } from "./outbox.ts";
import { checkPattern, checkSubject } from "./subject.ts";

/** The most that waits for a server that is away, in bytes. */
export const OUTBOX_LIMIT_BYTES = 64 * 1024 * 1024;
const CLOSE_GRACE_MS = 5_000;
const BATCH_SIZE = 1_024;
/** The header by which a responder says that it failed; what failed stays with it. */
const FAILED_HEADER = "Antiphon-Failed";

interface Outgoing {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
}

/** What a bus over NATS shares with the stream on top of it. */
export interface NatsCore {
  readonly bus: CoreBus;
  readonly connection: NatsConnection;
  readonly line: ConnectionLine;
  readonly counts: { -readonly [Name in Exclude<keyof BusStats, "outboxSize" | "outboxDropped">]: number };
  /** @throws BridgeError BRIDGE_CLOSED */
  checkOpen(): void;
  /** Refuses a message that cannot leave. @throws BridgeError BRIDGE_CLOSED, BRIDGE_INVALID_SUBJECT, BRIDGE_INVALID_HEADER, BRIDGE_MESSAGE_TOO_LARGE */
  checkMessage(subject: string, data: Uint8Array, headers: SendOptions["headers"], id?: string): void;
  /** The part of it that looks at what the message carries. @throws BridgeError BRIDGE_INVALID_HEADER, BRIDGE_MESSAGE_TOO_LARGE */
  checkContent(data: Uint8Array, headers: SendOptions["headers"], id?: string): void;
  /**
   * Hands a message to the client, as `NatsConnection.publish`. A message may have been taken when the server still allowed its size.
   *
   * @returns why it can never leave; undefined when it does
   */
  write(subject: string, data: Uint8Array, options: PublishOptions | undefined): BridgeError | undefined;
  /** Makes a subscription that ends with the bus. */
  track(end: () => Promise<void>): BusSubscription;
  /** Ends them all, before the bus closes: what their handlers still have to say shall leave. */
  endSubscriptions(): Promise<void>;
  /** As `Outbox.close`. */
  closeOutbox(graceMs: number): Promise<void>;
}

/**
 * Connects to NATS without a stream: for services that only send, listen, ask and answer. Key-value buckets need JetStream on
 * the server.
 *
 * @throws BridgeError BRIDGE_CONNECT_FAILED when no server can be reached
 */
export async function connectNatsCoreBus(options: NatsConnectionOptions = {}): Promise<CoreBus> {
  const connection = await openNatsConnection(options);
  const { clock = systemClock, outboxLimit = 10_000, outboxOverflow } = options;
  return natsCore(connection, { clock, outboxLimit, outboxOverflow }).bus;
}

/** Builds the part of a bus that needs no stream. */
export function natsCore(
  connection: NatsConnection,
  {
    clock,
    outboxLimit,
    outboxOverflow,
  }: {
    readonly clock: Clock;
    readonly outboxLimit: number;
    readonly outboxOverflow: NatsConnectionOptions["outboxOverflow"];
  },
): NatsCore {
  const counts = {
    published: 0,
    sent: 0,
    delivered: 0,
    duplicates: 0,
    redelivered: 0,
    abandoned: 0,
    deadLetters: 0,
    repeated: 0,
    lost: 0,
    failedRequests: 0,
  };
  const subscriptions = new Set<BusSubscription>();
  let closing: Promise<void> | undefined;
  const line = watchLine(connection);
  const write: NatsCore["write"] = (subject, data, options) => {
    try {
      connection.publish(subject, data, options);
      return undefined;
    } catch (error) {
      // Subjects and headers are in order by now: this is the size. A server that is sent too much ends the connection, so the client refuses.
      if (!(error instanceof errors.InvalidArgumentError)) throw error;
      return tooLarge(data, connection.info?.max_payload ?? MAXIMUM_MESSAGE_BYTES);
    }
  };

  const outbox = createOutbox<Outgoing>({
    clock,
    batchSize: BATCH_SIZE,
    mayShare: true,
    limit: outboxLimit,
    overflow: outboxOverflow,
    limitBytes: OUTBOX_LIMIT_BYTES,
    sizeOf: ({ data }) => data.byteLength,
    async send(items) {
      // The client silently forgets at a reconnect what it had not written yet. Only the answer to a ping behind the messages
      // proves that the server has them; without it they are sent again.
      const refused = new Map<Outgoing, BridgeError>();
      for (const item of items) {
        const { subject, data, headers } = item;
        const refusal = write(subject, data, headers === undefined ? undefined : { headers });
        if (refusal !== undefined) refused.set(item, refusal);
      }
      await connection.flush();
      counts.sent += items.length - refused.size;
      return refused;
    },
  });

  // Whoever waits for a server that was given up waits for nothing.
  void connection.closed().then(() => outbox.close(0));
  const checkOpen = () => {
    if (closing !== undefined) throw busClosed();
    if (connection.isClosed()) throw serverGivenUp();
  };
  const checkContent: NatsCore["checkContent"] = (data, headers, id) => {
    const headerBytes = checkHeaders(headers, id);
    checkSize(data, (connection.info?.max_payload ?? Infinity) - headerBytes);
  };
  const checkMessage: NatsCore["checkMessage"] = (subject, data, headers, id) => {
    checkOpen();
    checkSubject(subject);
    checkContent(data, headers, id);
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
  const endSubscriptions = async () => {
    await Promise.allSettled([...subscriptions].map((subscription) => subscription.close()));
  };
  const listenOn = async (
    pattern: string,
    queue: string | undefined,
    handler: (message: Msg) => void,
  ): Promise<BusSubscription> => {
    checkOpen();
    checkPattern(pattern);
    const subscription = connection.subscribe(pattern, {
      ...(queue === undefined ? {} : { queue }),
      callback: (failure, message) => {
        if (failure === null) handler(message);
      },
    });
    // The server must know of the subscription before anybody is told that it stands.
    await connection.flush();
    // A connection that was given up has ended its subscriptions itself, and refuses to be asked again.
    return track(async () => {
      if (!connection.isClosed()) await Promise.race([subscription.drain(), connection.closed()]);
    });
  };

  const bus: CoreBus = {
    send(subject, data, { id, headers, signal } = {}) {
      try {
        checkMessage(subject, data, headers, id);
        return outbox.add({ subject, data, headers: headersOf(headers, id) }, signal);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    listen(pattern, handler, { queue } = {}) {
      return listenOn(pattern, queue, (message) => {
        try {
          handler(fromMessage(message));
          counts.delivered++;
        } catch {
          // A listener's failure is its own, and there is nobody to give the message again.
          counts.abandoned++;
        }
      });
    },
    async request(subject, data, { timeoutMs = 5_000, headers, signal } = {}) {
      checkMessage(subject, data, headers);
      try {
        const answer = connection.request(subject, data, { timeout: timeoutMs, headers: toNatsHeaders(headers) });
        const message = await withSignal(answer, signal);
        if (message.headers?.has(FAILED_HEADER) === true) throw requestFailed(subject);
        return message.data;
      } catch (error) {
        throw toRequestError(error, subject, timeoutMs);
      }
    },
    respond(pattern, handler, { queue = "responders" } = {}) {
      return listenOn(pattern, queue, (message) => {
        void (async () => {
          try {
            const answer = await handler(fromMessage(message));
            if (answer instanceof Uint8Array) message.respond(answer);
            else if (answer !== undefined) message.respond(answer.data, { headers: toNatsHeaders(answer.headers) });
          } catch {
            // Said to the asker without the failure's text, which may hold a secret.
            counts.failedRequests++;
            message.respond(undefined, { headers: toNatsHeaders({ [FAILED_HEADER]: "true" }) });
          }
        })();
      });
    },
    async openKeyValue(bucket, options = {}) {
      checkOpen();
      return openNatsKeyValue({ connection, line, clock, counts, track }, bucket, options);
    },
    get connected() {
      return line.up && closing === undefined && !connection.isClosed();
    },
    closed: connection.closed().then(() => {}),
    get stats() {
      return { ...counts, outboxSize: outbox.size, outboxDropped: outbox.dropped };
    },
    close() {
      closing ??= (async () => {
        await endSubscriptions();
        await outbox.close(CLOSE_GRACE_MS);
        await connection.close();
      })();
      return closing;
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
  return {
    bus,
    connection,
    line,
    counts,
    checkOpen,
    checkMessage,
    checkContent,
    write,
    track,
    endSubscriptions,
    closeOutbox: outbox.close,
  };
}

function fromMessage(message: Msg): BusMessage {
  const { subject, data } = message;
  return { subject, data, ...fromNatsHeaders(() => message.headers), attempt: 1, sequence: 0, publishedAtMs: 0 };
}

function headersOf(headers: Readonly<Record<string, string>> | undefined, id: string | undefined): MsgHdrs | undefined {
  if (headers === undefined && id === undefined) return undefined;
  return toNatsHeaders(id === undefined ? headers : { ...headers, "Nats-Msg-Id": id });
}

function toRequestError(error: unknown, subject: string, timeoutMs: number): unknown {
  if (error instanceof errors.NoRespondersError) return noResponder(subject);
  if (error instanceof errors.RequestError && error.isNoResponders()) return noResponder(subject);
  if (error instanceof errors.TimeoutError) return requestTimedOut(subject, timeoutMs);
  return error;
}

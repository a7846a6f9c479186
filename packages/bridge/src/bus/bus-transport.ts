import type { BusMessage, BusSubscription } from "./bus-message.ts";
import type { StreamAdministration, SubscribeOptions } from "./bus-stream.ts";
import type { KeyValueOptions, KeyValueStore } from "./key-value.ts";

/** Options of {@link BusTransport.publish}. */
export interface PublishOptions {
  /** Makes publishing the same message again harmless: a second message of this id is dropped by the bus. */
  readonly id: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link CoreBus.request}. */
export interface RequestOptions {
  /** How long to wait for the answer. Defaults to 5,000 ms. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** An answer with headers, which only clients of NATS itself see. */
export interface BusReply {
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Options of {@link CoreBus.send}. */
export interface SendOptions {
  /** Travels with the message, so that a receiver can tell one that comes twice; the bus itself drops nothing. */
  readonly id?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Counters since the bus was opened. */
export interface BusStats {
  readonly published: number;
  /** Messages that the bus took without keeping them. */
  readonly sent: number;
  readonly delivered: number;
  /** Messages that were published under an id the bus had already. */
  readonly duplicates: number;
  /** Handler calls that failed and were tried again. */
  readonly redelivered: number;
  /** Messages given up: those of a durable subscription, which are dead letters now, and those and the changed values that had no other try. */
  readonly abandoned: number;
  /** Messages that became dead letters in this process. */
  readonly deadLetters: number;
  /** Messages that came again although they were handled or in work, and were not handled again. */
  readonly repeated: number;
  /** Messages that left the stream before a slow subscriber got to them, as far as this process can tell. */
  readonly lost: number;
  /** Published messages that wait for the bus to take them. */
  readonly outboxSize: number;
  /** Messages that found the outbox full and gave way, or made another give way. */
  readonly outboxDropped: number;
  /** Requests answered with an error because their handler failed. */
  readonly failedRequests: number;
}

/**
 * A bus that keeps nothing: messages for whoever listens now, requests, and tables of values. It is all that kryten's services
 * use, so it needs no stream.
 */
export interface CoreBus extends AsyncDisposable {
  /**
   * Resolves when the bus has the message, in the order of the calls; until then `data` must stay as it is. While the bus is away messages wait in a bounded outbox;
   * the ones that were on the line when it broke are sent again and may arrive twice, under the same `id`. Messages that travel
   * together may share a promise.
   *
   * @throws BridgeError BRIDGE_INVALID_SUBJECT, BRIDGE_INVALID_HEADER, BRIDGE_MESSAGE_TOO_LARGE, BRIDGE_OUTBOX_FULL, BRIDGE_CLOSED
   */
  send(subject: string, data: Uint8Array, options?: SendOptions): Promise<void>;
  /** Calls the handler for each message, in order and without waiting for it; of several listeners of one `queue` each message reaches one. */
  listen(
    pattern: string,
    handler: (message: BusMessage) => void,
    options?: { readonly queue?: string },
  ): Promise<BusSubscription>;
  /**
   * Asks and waits for one answer.
   *
   * @throws BridgeError BRIDGE_NO_RESPONDER, BRIDGE_REQUEST_TIMED_OUT, BRIDGE_REQUEST_FAILED
   */
  request(subject: string, data: Uint8Array, options?: RequestOptions): Promise<Uint8Array>;
  /**
   * Answers requests; of several responders of one `queue` each request reaches one. Defaults to the queue `responders`. What was
   * only sent is handled too, and the answer dropped. A handler that resolves with undefined leaves the answer to others.
   */
  respond(
    pattern: string,
    handler: (message: BusMessage) => Promise<Uint8Array | BusReply | undefined>,
    options?: { readonly queue?: string },
  ): Promise<BusSubscription>;
  /**
   * Opens a table of values, and makes it when it is missing and `create` says so.
   *
   * @throws BridgeError BRIDGE_INVALID_KEY, BRIDGE_BUCKET_MISSING, BRIDGE_BUCKET_MISMATCH, BRIDGE_CONNECT_FAILED when the server has no
   * JetStream
   */
  openKeyValue(bucket: string, options?: KeyValueOptions): Promise<KeyValueStore>;
  /** Whether the bus can be reached now. */
  readonly connected: boolean;
  /** Resolves when the bus is closed for good: by `close`, or because its server did not come back within the attempts to reconnect. */
  readonly closed: Promise<void>;
  readonly stats: BusStats;
  /** Flushes the outbox as far as the bus allows within 5 s, ends all subscriptions, disconnects; idempotent. */
  close(): Promise<void>;
}

/**
 * What the bridge needs of a message bus. Published messages are kept in a stream: acknowledged once the bus has them, in the
 * order of one publisher, delivered to a durable subscriber at least once, in the order of its lanes. Requests are not
 * kept. All implementations pass `describeBusTransport` of the contract suite.
 */
export interface BusTransport extends CoreBus, StreamAdministration {
  /**
   * Resolves when the bus has the message. Many may be under way at once; they arrive in the order of the calls; until then
   * `data` must stay as it is. While the bus is away they wait in a bounded outbox, whose rule says what happens when it is full.
   *
   * @throws BridgeError BRIDGE_INVALID_SUBJECT, BRIDGE_INVALID_HEADER, BRIDGE_MESSAGE_TOO_LARGE, BRIDGE_OUTBOX_FULL, BRIDGE_CLOSED
   */
  publish(subject: string, data: Uint8Array, options: PublishOptions): Promise<void>;
  /**
   * Calls the handler for each message. A handler that rejects gets a message of a durable subscription again after a pause, and after
   * the last attempt the message becomes a dead letter; at once, when it throws `rejectMessage(reason)`.
   *
   * @throws BridgeError BRIDGE_INVALID_SUBJECT, BRIDGE_INVALID_KEY for the durable name, BRIDGE_CLOSED
   */
  subscribe(
    pattern: string,
    handler: (message: BusMessage) => Promise<void> | void,
    options?: SubscribeOptions,
  ): Promise<BusSubscription>;
  /**
   * The last message that the stream has of these subjects; undefined when it has none. On NATS the stream's leader answers, so nothing
   * that was acknowledged before is missing.
   *
   * @throws BridgeError BRIDGE_INVALID_SUBJECT, BRIDGE_CLOSED; another error while the bus is away
   */
  newest(pattern: string): Promise<BusMessage | undefined>;
}

/** The largest message: NATS refuses more than 1 MiB, headers included. */
export const MAXIMUM_MESSAGE_BYTES = 1_000_000;

/** The most that the headers of a message take, names and values counted. */
export const MAXIMUM_HEADER_BYTES = 32_000;

/** How often a durable subscriber is given a message by default. */
export const MAXIMUM_ATTEMPTS = 5;

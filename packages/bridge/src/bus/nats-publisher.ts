import { createInbox, type Msg } from "@nats-io/transport-node";
import type { Clock } from "@antiphon/std";
import { BridgeError } from "../error.ts";
import type { PublishOptions } from "./bus-transport.ts";
import type { NatsConnectionOptions } from "./nats-connection.ts";
import { toNatsHeaders } from "./nats-connection.ts";
import { OUTBOX_LIMIT_BYTES, type NatsCore } from "./nats-core-bus.ts";
import { createOutbox, type Outbox } from "./outbox.ts";

/** A server that works may be slow; one that did not answer is asked often, for it may be a cluster that elects a leader. */
const FIRST_TIMEOUT_MS = 2_000;
const NEXT_TIMEOUT_MS = 500;
/** The stream's own limit for one message is lower than ours. */
const MESSAGE_TOO_LARGE = 10_054;

/** A message on its way to the stream. */
export interface Outgoing extends Omit<PublishOptions, "signal"> {
  readonly subject: string;
  readonly data: Uint8Array;
}

interface Underway extends Outgoing {
  tries: number;
  stored: boolean;
}

/** What the stream answers to a message. */
interface Acknowledgement {
  readonly duplicate?: boolean;
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

/** Options of {@link createNatsPublisher}. */
export interface NatsPublisherOptions extends Pick<NatsConnectionOptions, "outboxLimit" | "outboxOverflow"> {
  readonly core: NatsCore;
  readonly clock: Clock;
  /** How many messages are under way at once. */
  readonly window: number;
}

/** Publishes into a stream, in order and over outages. */
export interface NatsPublisher extends Pick<Outbox<Underway>, "size" | "dropped" | "close"> {
  /** Resolves when the stream has the message. */
  publish(outgoing: Outgoing, signal: AbortSignal | undefined): Promise<void>;
}

/**
 * Builds a {@link NatsPublisher}. A window of messages is written at once and their acknowledgements awaited together; after a
 * failure those that have none are written again, in order, before anything newer, and the stream knows by their ids which it has.
 * The client's own publish makes a request of each message, with a timer and two errors at hand; that costs three times as much.
 */
export function createNatsPublisher(options: NatsPublisherOptions): NatsPublisher {
  const { core, clock, window, outboxLimit = 10_000, outboxOverflow } = options;
  const { connection, counts, line } = core;
  const inbox = createInbox();
  const awaited = new Map<string, (answer: Msg) => void>();
  let lastToken = 0;
  connection.subscribe(`${inbox}.*`, {
    callback: (failure, answer) => {
      if (failure === null) awaited.get(answer.subject)?.(answer);
    },
  });

  /** Takes down that the stream has a message, or refuses it for good. @throws an Error when it shall be tried again */
  const settle = (item: Underway, answer: Msg, refused: Map<Underway, unknown>): void => {
    if (answer.headers?.hasError === true) throw new Error(`the stream does not answer: ${answer.headers.status}`);
    const { duplicate, error } = answer.json<Acknowledgement>();
    if (error?.err_code === MESSAGE_TOO_LARGE) {
      const text = `The stream refuses a message on ${item.subject}: ${error.description}.`;
      return void refused.set(item, new BridgeError("BRIDGE_MESSAGE_TOO_LARGE", text));
    }
    if (error !== undefined) throw new Error(`the stream did not take a message: ${error.description}`);
    item.stored = true;
    // What we write again ourselves is no duplicate of the publisher's.
    if (duplicate === true && item.tries === 1) counts.duplicates++;
    else counts.published++;
  };

  const write = (item: Underway, reply: string): BridgeError | undefined => {
    item.tries++;
    const headers = toNatsHeaders(item.headers);
    headers.set("Nats-Msg-Id", item.id);
    return core.write(item.subject, item.data, { reply, headers });
  };

  /** Writes messages and resolves when each has its answer. */
  const send = async (items: readonly Underway[]): Promise<ReadonlyMap<Underway, unknown>> => {
    if (!line.up) throw new Error("the server is away");
    const refused = new Map<Underway, unknown>();
    const missing = new Map<string, Underway>();
    for (const item of items) if (!item.stored) missing.set(`${inbox}.${++lastToken}`, item);
    if (missing.size === 0) return refused;
    const answered = Promise.withResolvers<void>();
    using _watch = line.onChange((up) => up || answered.reject(new Error("the line broke")));
    const isFirst = [...missing.values()].every(({ tries }) => tries === 0);
    using _timer = clock.setTimer(isFirst ? FIRST_TIMEOUT_MS : NEXT_TIMEOUT_MS, () =>
      answered.reject(new Error("the stream does not answer")),
    );
    const tokens = [...missing.keys()];
    const settled = (token: string) => {
      awaited.delete(token);
      missing.delete(token);
      if (missing.size === 0) answered.resolve();
    };
    const failures: unknown[] = [];
    try {
      for (const [token, item] of missing) {
        awaited.set(token, (answer) => {
          try {
            settle(item, answer, refused);
          } catch (error) {
            failures.push(error);
          }
          settled(token);
        });
        const refusal = write(item, token);
        if (refusal === undefined) continue;
        refused.set(item, refusal);
        settled(token);
      }
      await answered.promise;
    } finally {
      for (const token of tokens) awaited.delete(token);
    }
    if (failures.length > 0) throw new AggregateError(failures, "the stream did not take all");
    return refused;
  };

  const outbox = createOutbox<Underway>({
    clock,
    batchSize: window,
    limit: outboxLimit,
    limitBytes: OUTBOX_LIMIT_BYTES,
    overflow: outboxOverflow,
    sizeOf: ({ data }) => data.byteLength,
    send,
  });

  void connection.closed().then(() => outbox.close(0));
  return {
    publish: (outgoing, signal) => outbox.add({ ...outgoing, tries: 0, stored: false }, signal),
    get size() {
      return outbox.size;
    },
    get dropped() {
      return outbox.dropped;
    },
    close: outbox.close,
  };
}

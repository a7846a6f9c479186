import { JetStreamApiError, type JetStreamClient } from "@nats-io/jetstream";
import type { Clock } from "@antiphon/std";
import { BridgeError } from "../error.ts";
import type { PublishOptions } from "./bus-transport.ts";
import type { NatsConnectionOptions } from "./nats-connection.ts";
import { toNatsHeaders } from "./nats-connection.ts";
import { OUTBOX_LIMIT_BYTES, type NatsCore } from "./nats-core-bus.ts";
import { createOutbox, type Outbox } from "./outbox.ts";

const PUBLISH_TIMEOUT_MS = 2_000;
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

/** Options of {@link createNatsPublisher}. */
export interface NatsPublisherOptions extends Pick<NatsConnectionOptions, "outboxLimit" | "outboxOverflow"> {
  readonly core: NatsCore;
  readonly client: JetStreamClient;
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
 */
export function createNatsPublisher(options: NatsPublisherOptions): NatsPublisher {
  const { core, client, clock, window, outboxLimit = 10_000, outboxOverflow } = options;
  const { counts, line } = core;

  const store = async (item: Underway, refused: Map<Underway, unknown>): Promise<void> => {
    const again = item.tries++ > 0;
    try {
      const { duplicate } = await client.publish(item.subject, item.data, {
        msgID: item.id,
        timeout: PUBLISH_TIMEOUT_MS,
        ...(item.headers === undefined ? {} : { headers: toNatsHeaders(item.headers) }),
      });
      if (item.stored) return;
      item.stored = true;
      // What we write again ourselves is no duplicate of the publisher's.
      if (duplicate && !again) counts.duplicates++;
      else counts.published++;
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== MESSAGE_TOO_LARGE) throw error;
      refused.set(
        item,
        new BridgeError(
          "BRIDGE_MESSAGE_TOO_LARGE",
          `The stream refuses a message on ${item.subject}: ${error.message}.`,
        ),
      );
    }
  };

  const outbox = createOutbox<Underway>({
    clock,
    batchSize: window,
    limit: outboxLimit,
    limitBytes: OUTBOX_LIMIT_BYTES,
    overflow: outboxOverflow,
    sizeOf: ({ data }) => data.byteLength,
    async send(items) {
      if (!line.up) throw new Error("the server is away");
      const refused = new Map<Underway, unknown>();
      const broken = Promise.withResolvers<never>();
      using _watch = line.onChange((up) => up || broken.reject(new Error("the line broke")));
      const settled = Promise.allSettled(items.filter(({ stored }) => !stored).map((item) => store(item, refused)));
      const failure = (await Promise.race([settled, broken.promise])).find(({ status }) => status === "rejected");
      if (failure?.status === "rejected") throw failure.reason;
      return refused;
    },
  });

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

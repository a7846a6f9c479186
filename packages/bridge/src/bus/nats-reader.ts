import {
  DeliverPolicy,
  type ConsumerConfig,
  type ConsumerMessages,
  type JetStreamClient,
  type JsMsg,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Clock } from "@antiphon/std";
import type { StreamStart } from "./bus-stream.ts";
import type { ConnectionLine } from "./connection-line.ts";
import { hedged } from "./hedged.ts";

/** Between two attempts to get going again. */
export const RETRY_MS = 250;
/** How long a pull stays open, and how often the server says meanwhile that it is there. */
export const PULL = { expires: 4_000, idle_heartbeat: 1_000 };
/** For how long a consumer may be in the making before another one is begun. */
const HEDGE_MS = 500;

/** Options of {@link readStream}. */
export interface StreamReaderOptions {
  readonly connection: NatsConnection;
  readonly line: ConnectionLine;
  readonly client: JetStreamClient;
  readonly streamName: string;
  readonly pattern: string;
  /** `lastPerSubject`: with the newest message of each subject. */
  readonly startAt: StreamStart | "lastPerSubject";
  /** Given each message in order, the next one when it has settled. */
  readonly onMessage: (message: JsMsg) => Promise<void> | void;
  readonly clock: Clock;
}

/** Where a consumer begins, in the words of JetStream. */
export function startConfig(
  startAt: StreamReaderOptions["startAt"],
): Pick<ConsumerConfig, "deliver_policy"> & Partial<ConsumerConfig> {
  if (startAt === "all") return { deliver_policy: DeliverPolicy.All };
  if (startAt === "new") return { deliver_policy: DeliverPolicy.New };
  if (startAt === "lastPerSubject") return { deliver_policy: DeliverPolicy.LastPerSubject };
  if ("sequence" in startAt) return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: startAt.sequence };
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(startAt.atMs).toISOString() };
}

/**
 * Reads a stream in order, each message once, until the function that it resolves with is called. A consumer lives on one server of a
 * cluster: when that is silent, another one goes on where it was.
 */
export async function readStream(options: StreamReaderOptions): Promise<() => Promise<void>> {
  const { connection, line, client, streamName, pattern, onMessage, clock } = options;
  const ending = new AbortController();
  let { startAt } = options;

  const open = async (): Promise<ConsumerMessages> => {
    // A cluster may put it on the server that has just died, and says nothing then; the next one comes elsewhere.
    const consumer = await hedged(
      () => client.consumers.get(streamName, { filter_subjects: pattern, ...startConfig(startAt) }),
      { clock, firstWaitMs: HEDGE_MS, discard: (late) => void late.delete().catch(() => {}) },
    );
    // What comes while a first consumer is lost must not be missed by the second.
    if (startAt === "new") startAt = { sequence: (await consumer.info(true)).delivered.stream_seq + 1 };
    return consumer.consume({ max_messages: 256, ...PULL });
  };
  const reopen = async (): Promise<ConsumerMessages | undefined> => {
    while (!ending.signal.aborted && !connection.isClosed()) {
      try {
        if (line.up) return await open();
      } catch {
        // The stream has no leader yet; it gets one.
      }
      await clock.sleep(RETRY_MS, { signal: ending.signal }).catch(() => {});
    }
    return undefined;
  };
  const read = async (messages: ConsumerMessages): Promise<void> => {
    const stop = () => messages.stop();
    // The client waits for a consumer to come back; a new one elsewhere goes on at once.
    using _line = line.onChange(stop);
    ending.signal.addEventListener("abort", stop, { once: true });
    if (ending.signal.aborted) stop();
    void stopWhenSilent(messages);
    for await (const message of messages) {
      if (ending.signal.aborted) break;
      startAt = { sequence: message.info.streamSequence + 1 };
      await onMessage(message);
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
    await done;
  };
}

/** Ends a subscription whose consumer has missed two heartbeats. */
async function stopWhenSilent(messages: ConsumerMessages): Promise<void> {
  for await (const status of messages.status()) if (status.type === "heartbeats_missed") messages.stop();
}

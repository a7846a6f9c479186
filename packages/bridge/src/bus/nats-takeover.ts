import type { JetStreamManager, JsMsg } from "@nats-io/jetstream";
import type { Clock } from "@antiphon/std";

/** Options of {@link createTakeover}. */
export interface TakeoverOptions {
  readonly manager: JetStreamManager;
  readonly streamName: string;
  readonly durable: string;
  readonly inFlight: number;
  readonly ackWaitMs: number;
  readonly clock: Clock;
  /** The sequences that are in work here already. */
  readonly inWork: ReadonlyMap<number, unknown>;
  /** Takes what comes, in the stream's order. */
  readonly accept: (message: JsMsg) => void;
}

/**
 * The beginning of a pull on a durable name that somebody had before, or that lost its line. What was given out then and is not
 * acknowledged comes again: some at once, some only after its ack wait, newer messages in between. They are held back until all are
 * here, and passed on in the stream's order.
 */
export interface Takeover {
  take(message: JsMsg): void;
  /** Resolves when it is time to pull. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Resolves when everything that was given out before is here, or will not come; what was held back is passed on then. */
  finish(signal: AbortSignal): Promise<void>;
  /** Tells the server that what is held back is in good hands. */
  keep(): void;
  /** Takes out what is still held back, in the stream's order. */
  abandon(): readonly JsMsg[];
}

/** How much longer than the ack wait a server may take to give a message again. */
const GRACE_MS = 1_000;
const POLL_MS = 50;

/** Builds a {@link Takeover}. */
export function createTakeover(options: TakeoverOptions): Takeover {
  const { manager, streamName, durable, inFlight, ackWaitMs, clock, inWork, accept } = options;
  const heldBack = new Map<number, JsMsg>();
  let longestMs = ackWaitMs + GRACE_MS;
  // With one message in flight there is nothing that another could pass.
  let finished = inFlight === 1;

  const inOrder = (): readonly JsMsg[] => {
    const messages = [...heldBack].sort(([a], [b]) => a - b).map(([, message]) => message);
    heldBack.clear();
    return messages;
  };
  const look = async (): Promise<{ readonly missing: number; readonly others: boolean }> => {
    const {
      num_ack_pending: pending,
      num_waiting: pulls,
      delivered,
    } = await manager.consumers.info(streamName, durable);
    // What came since the server looked is no part of what it counted.
    const here = [...inWork.keys(), ...heldBack.keys()].filter((sequence) => sequence <= delivered.stream_seq);
    return { missing: pending - here.length, others: pulls > 0 };
  };

  return {
    take(message) {
      if (finished) accept(message);
      // The newest delivery is the one that counts when it is acknowledged.
      else heldBack.set(message.info.streamSequence, message);
    },
    async prepare(signal) {
      if (finished) return;
      const { missing, others } = await look();
      if (missing <= 0) finished = true;
      else if (others) {
        // They go on with theirs, and with what is new, better than here; what nobody has is ready for us after the ack wait.
        await clock.sleep(ackWaitMs, { signal });
        longestMs = GRACE_MS;
      }
    },
    async finish(signal) {
      if (finished) return;
      const endMs = clock.monotonicMs() + longestMs;
      while (clock.monotonicMs() < endMs) {
        // Whoever cannot be asked now can be asked again.
        const missing = await look().then(
          (seen) => seen.missing,
          () => undefined,
        );
        if (missing !== undefined && missing <= 0) break;
        await clock.sleep(POLL_MS, { signal });
      }
      signal.throwIfAborted();
      finished = true;
      for (const message of inOrder()) accept(message);
    },
    keep() {
      for (const message of heldBack.values()) message.working();
    },
    abandon: inOrder,
  };
}

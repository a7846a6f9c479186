import { abortReason, withSignal, type Clock, type Random } from "@antiphon/std";
import { BridgeError } from "../error.ts";

/** Options of {@link createChatThrottle}. */
export interface ChatThrottleOptions {
  /** The least time between two messages. */
  readonly minimumDelayMs: number;
  /** The most that is added to it, at random. */
  readonly jitterMs: number;
  /** The most messages that wait for their turn. Defaults to 100. */
  readonly limit?: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** Lets chat messages out one after another, with pauses, so that CyTube drops none. */
export interface ChatThrottle {
  /**
   * Resolves when it is this message's turn.
   *
   * @throws BridgeError BRIDGE_OUTBOX_FULL when too many wait; the signal's reason when it aborts
   */
  turn(signal?: AbortSignal): Promise<void>;
}

/** Builds a {@link ChatThrottle}. */
export function createChatThrottle(options: ChatThrottleOptions): ChatThrottle {
  const { minimumDelayMs, jitterMs, limit = 100, clock, random } = options;
  let freeAtMs = Number.NEGATIVE_INFINITY;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    async turn(signal) {
      if (signal?.aborted === true) throw abortReason(signal);
      if (waiting >= limit) {
        throw new BridgeError("BRIDGE_OUTBOX_FULL", `${waiting} chat messages wait for their turn already.`, {
          retryable: true,
        });
      }
      waiting++;
      const own = last.then(async () => {
        const delayMs = freeAtMs - clock.monotonicMs();
        if (delayMs > 0) await clock.sleep(delayMs, { signal });
        signal?.throwIfAborted();
        freeAtMs = clock.monotonicMs() + minimumDelayMs + random.next() * jitterMs;
      });
      last = own.catch(() => {});
      try {
        await withSignal(own, signal);
      } finally {
        waiting--;
      }
    },
  };
}

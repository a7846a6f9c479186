import { createKeyedMutex, silentLogger, systemClock, type Clock, type Logger } from "@antiphon/std";

/** What goes with {@link IdentifyGate.acquire}. */
export interface IdentifyRequest {
  readonly signal?: AbortSignal | undefined;
  /** Of how many shards the bot consists; two counts at once, while it is resharded, share the same turns. */
  readonly shardCount?: number | undefined;
}

/**
 * Lets shards identify no faster than Discord allows. Implement it over a shared store when several processes use one token: take a
 * lease on the key `shardId % max_concurrency` that runs out by itself after Discord's five seconds, and resolve.
 */
export interface IdentifyGate {
  /** Resolves when it is this shard's turn, or rejects with the signal's reason; the identify follows at once. */
  acquire(shardId: number, request?: IdentifyRequest): Promise<void>;
}

/** Options of {@link createIdentifyGate}; the numbers are `session_start_limit` of `GET /gateway/bot`. */
export interface IdentifyGateOptions {
  /** How many shards may identify in the same five seconds. */
  readonly maximumConcurrency: number;
  /** Identifies per 24 hours. */
  readonly total: number;
  /** Identifies left of them. */
  readonly remaining: number;
  /** Milliseconds until `remaining` is `total` again. */
  readonly resetAfterMs: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Discord's window is five seconds; the rest keeps two identifies apart when the second one travels faster. */
const WINDOW_MS = 5_250;
const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * The identify gate of one process: one identify per five seconds for each `shardId % maximumConcurrency`, and never more than
 * the day's budget, since exceeding it resets the bot's token.
 *
 * @see [Discord Docs/Gateway, "Max Concurrency" and "Session Start Limit Object"]
 */
export function createIdentifyGate(options: IdentifyGateOptions): IdentifyGate {
  const { maximumConcurrency, total, clock = systemClock, logger = silentLogger } = options;
  const turns = createKeyedMutex<number>();
  const nextAtMs = new Map<number, number>();
  let remaining = options.remaining;
  let resetAtMs = clock.monotonicMs() + options.resetAfterMs;

  const spend = async (shardId: number, signal: AbortSignal | undefined) => {
    if (remaining <= 0 && clock.monotonicMs() < resetAtMs) {
      const waitMs = resetAtMs - clock.monotonicMs();
      logger.error("The day's identifies are used up; the shard waits for the reset.", { shardId, total, waitMs });
      await clock.sleep(waitMs, { signal });
    }
    if (clock.monotonicMs() >= resetAtMs) {
      remaining = total;
      resetAtMs = clock.monotonicMs() + DAY_MS;
    }
    remaining--;
  };

  return {
    acquire(shardId, { signal } = {}) {
      const key = shardId % maximumConcurrency;
      const turn = async () => {
        const waitMs = (nextAtMs.get(key) ?? 0) - clock.monotonicMs();
        if (waitMs > 0) await clock.sleep(waitMs, { signal });
        await spend(shardId, signal);
        nextAtMs.set(key, clock.monotonicMs() + WINDOW_MS);
      };
      return turns.run(key, turn, { signal });
    },
  };
}

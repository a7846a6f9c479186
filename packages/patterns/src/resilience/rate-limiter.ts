import { systemClock, type Clock, type Timer } from "@antiphon/std";
import { createPolicy, type ResiliencePolicy } from "./policy.ts";
import { createSlidingWindow, createTokenBucket } from "./rate-meter.ts";
import { requireAtLeast, ResilienceError } from "./resilience-error.ts";
import { createWaitingLine } from "./waiting-line.ts";

/** A token bucket: bursts up to its capacity, and a steady rate. */
export interface TokenBucketOptions {
  /** The most calls in one burst; at least 1. */
  readonly capacity: number;
  /** Calls that become possible each second; more than 0. */
  readonly refillPerSecond: number;
}

/** A sliding window: never more than so many calls in any period of a length. */
export interface SlidingWindowOptions {
  /** The most calls in a window; at least 1. */
  readonly limit: number;
  /** The length of the window, in milliseconds. */
  readonly windowMs: number;
}

/** Options of {@link createRateLimiter}. */
export type RateLimiterOptions = (TokenBucketOptions | SlidingWindowOptions) & {
  /** The most calls that wait for their turn; 0 refuses at once. Defaults to 0. */
  readonly maxQueued?: number | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
};

/** What a {@link RateLimiter} has counted. */
export interface RateLimiterStats {
  /** Calls let through so far. */
  readonly admitted: number;
  /** Calls that wait now. */
  readonly queued: number;
  /** Calls refused so far. */
  readonly rejected: number;
}

/** A policy that makes calls no faster than a rate. */
export interface RateLimiter extends ResiliencePolicy, AsyncDisposable {
  /** Takes a place without waiting; false when there is none. */
  tryAcquire(): boolean;
  /** What was counted so far. */
  stats(): RateLimiterStats;
  /** Refuses the calls that wait and all later ones. */
  close(): Promise<void>;
}

/**
 * Builds a {@link RateLimiter} from the options of a token bucket or of a sliding window.
 *
 * @throws ResilienceError `RESILIENCE_OPTIONS_INVALID`; its calls reject with `RESILIENCE_RATE_LIMITED` or `RESILIENCE_CLOSED`.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { maxQueued = 0, clock = systemClock } = options;
  requireAtLeast("createRateLimiter", "maxQueued", maxQueued, 0);
  const meter =
    "capacity" in options
      ? createTokenBucket(options.capacity, options.refillPerSecond)
      : createSlidingWindow(options.limit, options.windowMs);
  const line = createWaitingLine();
  let timer: Timer | undefined;
  let admitted = 0;
  let rejected = 0;
  let isClosed = false;

  const tryTake = () => {
    const nowMs = clock.monotonicMs();
    if (meter.waitMs(nowMs) > 0) return false;
    meter.take(nowMs);
    admitted++;
    return true;
  };
  const schedule = () => {
    timer?.cancel();
    timer = line.size === 0 ? undefined : clock.setTimer(meter.waitMs(clock.monotonicMs()), serve);
  };
  const serve = () => {
    // The line is asked before the meter, so that no place is taken for nobody.
    while (line.size > 0 && tryTake()) line.admit();
    schedule();
  };
  const closedError = () => new ResilienceError("RESILIENCE_CLOSED", "the rate limiter was closed");
  const refuse = () => {
    rejected++;
    if (isClosed) return closedError();
    const retryAfterMs = meter.waitMs(clock.monotonicMs());
    return new ResilienceError(
      "RESILIENCE_RATE_LIMITED",
      `the rate limit is used up; try again in ${Math.ceil(retryAfterMs)} ms`,
      { retryable: true, details: { retryAfterMs } },
    );
  };
  const close = () => {
    isClosed = true;
    while (line.size > 0) line.refuse(closedError());
    timer?.cancel();
    return Promise.resolve();
  };
  /** Whether a call may overtake nobody and be made at once. */
  const tryAcquire = () => !isClosed && line.size === 0 && tryTake();
  return createPolicy(
    async (task, scope) => {
      if (!tryAcquire()) {
        if (isClosed || line.size >= maxQueued) throw refuse();
        const turn = line.wait(scope);
        if (timer === undefined) schedule();
        try {
          await turn;
        } finally {
          // The last one to give up leaves no timer behind.
          if (line.size === 0) schedule();
        }
      }
      return task(scope);
    },
    {
      tryAcquire,
      stats: () => ({ admitted, queued: line.size, rejected }),
      close,
      [Symbol.asyncDispose]: close,
    },
  );
}

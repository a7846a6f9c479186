import { requireAtLeast } from "./resilience-error.ts";

/** Decides when calls may be made. */
export interface RateMeter {
  /** Milliseconds until the next call may be made; 0 for now. */
  waitMs(nowMs: number): number;
  /** Counts a call; only right after `waitMs` gave 0 for the same moment. */
  take(nowMs: number): void;
}

/** A bucket that holds up to `capacity` tokens and gains `refillPerSecond`; each call takes one. */
export function createTokenBucket(capacity: number, refillPerSecond: number): RateMeter {
  requireAtLeast("createRateLimiter", "capacity", capacity, 1);
  requireAtLeast("createRateLimiter", "refillPerSecond", refillPerSecond, Number.MIN_VALUE);
  const perMs = refillPerSecond / 1000;
  let tokens = capacity;
  let filledMs = Number.NaN;
  return {
    waitMs(nowMs) {
      // Not a number before the first call, when the bucket is full anyway.
      if (nowMs > filledMs) tokens = Math.min(capacity, tokens + (nowMs - filledMs) * perMs);
      filledMs = nowMs;
      // A timer of exactly the missing time can leave the bucket short by a rounding error.
      return tokens > 1 - 1e-9 ? 0 : (1 - tokens) / perMs;
    },
    take: () => void tokens--,
  };
}

/** At most `limit` calls in any `windowMs`: exact, because it remembers when the last `limit` calls were made. */
export function createSlidingWindow(limit: number, windowMs: number): RateMeter {
  requireAtLeast("createRateLimiter", "limit", limit, 1);
  requireAtLeast("createRateLimiter", "windowMs", windowMs, 0);
  const times = new Float64Array(limit).fill(-Infinity);
  let oldest = 0;
  return {
    waitMs: (nowMs) => Math.max(0, (times[oldest] as number) + windowMs - nowMs),
    take(nowMs) {
      times[oldest] = nowMs;
      oldest = (oldest + 1) % limit;
    },
  };
}

import type { Clock } from "@antiphon/std";

/** A token bucket: `burst` at once, then `perSecond`. */
export interface RateLimiter {
  /** Takes one; false when there is none. */
  take(): boolean;
}

/** Builds a {@link RateLimiter} that starts full. */
export function createRateLimiter(burst: number, perSecond: number, clock: Clock): RateLimiter {
  let tokens = burst;
  let atMs = clock.monotonicMs();
  return {
    take() {
      const nowMs = clock.monotonicMs();
      tokens = Math.min(burst, tokens + ((nowMs - atMs) / 1000) * perSecond);
      atMs = nowMs;
      if (tokens < 1) return false;
      tokens--;
      return true;
    },
  };
}

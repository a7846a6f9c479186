import { isAntiphonError, systemClock, systemRandom, type Clock, type Random } from "@antiphon/std";
import { createPolicy, type ResiliencePolicy } from "./policy.ts";
import { requireAtLeast } from "./resilience-error.ts";

/** How the delay grows from one attempt to the next. */
export const BackoffStrategy = {
  /** Always the base delay. */
  fixed: "fixed",
  /** Once, twice, three times the base delay. */
  linear: "linear",
  /** The base delay times a growing power of `backoffRatio`. */
  exponential: "exponential",
} as const;

/** One of {@link BackoffStrategy}. */
export type BackoffStrategy = (typeof BackoffStrategy)[keyof typeof BackoffStrategy];

/** An attempt that failed and will be followed by another. */
export interface RetryAttempt {
  /** Which attempt failed, from 1. */
  readonly attempt: number;
  /** How long the next one waits, in milliseconds. */
  readonly delayMs: number;
  /** What the attempt threw. */
  readonly error: unknown;
}

/** Options of {@link retry}. */
export interface RetryOptions {
  /** The most attempts, with the first; at least 1. Defaults to 3. */
  readonly maxAttempts?: number | undefined;
  /** How the delay grows. Defaults to `exponential`. */
  readonly backoffStrategy?: BackoffStrategy | undefined;
  /** The delay after the first attempt. Defaults to 1,000 ms. */
  readonly baseDelayMs?: number | undefined;
  /** The longest delay, except for what the failure itself asks for. Defaults to 30,000 ms. */
  readonly maxDelayMs?: number | undefined;
  /** What each exponential delay is multiplied by to get the next. Defaults to 2. */
  readonly backoffRatio?: number | undefined;
  /** The share of each delay that is random: 1 is full jitter, 0 none. Defaults to 1. */
  readonly jitter?: number | undefined;
  /** Whether an error is worth another attempt. Defaults to `retryable` of Antiphon errors and true for all others. */
  readonly isRetryable?: ((error: unknown) => boolean) | undefined;
  /** The shortest delay that a failure asks for, in milliseconds. Defaults to `details.retryAfterMs` of Antiphon errors. */
  readonly retryAfterMs?: ((error: unknown) => number | undefined) | undefined;
  /** Told about each attempt that will be followed by another, before the delay. */
  readonly onRetry?: ((attempt: RetryAttempt) => void) | undefined;
  /** Where delays pass. */
  readonly clock?: Clock | undefined;
  /** Where the jitter comes from. */
  readonly random?: Random | undefined;
}

const isRetryableByDefault = (error: unknown) => !isAntiphonError(error) || error.retryable;

function retryAfterByDefault(error: unknown): number | undefined {
  const retryAfterMs = isAntiphonError(error) ? error.details["retryAfterMs"] : undefined;
  return typeof retryAfterMs === "number" ? retryAfterMs : undefined;
}

const growth: Readonly<Record<BackoffStrategy, (attempt: number, ratio: number) => number>> = {
  fixed: () => 1,
  linear: (attempt) => attempt,
  exponential: (attempt, ratio) => ratio ** (attempt - 1),
};

/**
 * Makes a call again after it failed; the last failure is what the caller gets. Once the caller's signal has aborted nothing is
 * tried again.
 *
 * @throws ResilienceError `RESILIENCE_OPTIONS_INVALID` for fewer than one attempt or negative delays.
 * @see "Exponential Backoff And Jitter", AWS Architecture Blog
 */
export function retry(options: RetryOptions = {}): ResiliencePolicy {
  const { maxAttempts = 3, backoffStrategy = "exponential", baseDelayMs = 1000, maxDelayMs = 30_000 } = options;
  const { backoffRatio = 2, jitter = 1, clock = systemClock, random = systemRandom } = options;
  const { isRetryable = isRetryableByDefault, retryAfterMs = retryAfterByDefault, onRetry } = options;
  requireAtLeast("retry", "maxAttempts", maxAttempts, 1);
  requireAtLeast("retry", "baseDelayMs", baseDelayMs, 0);
  requireAtLeast("retry", "maxDelayMs", maxDelayMs, 0);

  const delayAfter = (attempt: number, error: unknown) => {
    const capMs = Math.min(maxDelayMs, baseDelayMs * growth[backoffStrategy](attempt, backoffRatio));
    // What the other side asks for is never undercut, whatever the policy's own bounds are.
    return Math.max(capMs * (1 - jitter * random.next()), retryAfterMs(error) ?? 0);
  };
  return createPolicy(async (task, scope) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await task(scope);
      } catch (error) {
        if (attempt >= maxAttempts || scope.aborted || !isRetryable(error)) throw error;
        const delayMs = delayAfter(attempt, error);
        onRetry?.({ attempt, delayMs, error });
        await clock.sleep(delayMs, scope.isEndless ? undefined : { signal: scope.signal });
      }
    }
  });
}

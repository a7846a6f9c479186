import type { Random } from "./random.ts";

/** Options of {@link createBackoff}. */
export interface BackoffOptions {
  /** The cap of the first delay. Defaults to 500 ms. */
  readonly baseMs?: number;
  /** The cap of every later delay. Defaults to 30,000 ms. */
  readonly maximumMs?: number;
  /** What each cap is multiplied by to get the next. Defaults to 2. */
  readonly factor?: number;
  /** The share of the cap that is random: 1 is full jitter, 0 none. Defaults to 1. */
  readonly jitterRatio?: number;
  /** Where the jitter comes from. */
  readonly random: Random;
}

/** How long to wait before attempt `n`: a value, not a timer. Ask `next()` for the value of the attempt after it. */
export interface Backoff {
  /** How many attempts have failed so far. */
  readonly attempt: number;
  /** How long to wait now, in milliseconds. */
  readonly delayMs: number;
  /** The backoff after one more failure. */
  next(): Backoff;
}

/**
 * Exponential backoff with jitter.
 *
 * @see "Exponential Backoff And Jitter", AWS Architecture Blog
 */
export function createBackoff(options: BackoffOptions): Backoff {
  const { baseMs = 500, maximumMs = 30_000, factor = 2, jitterRatio = 1, random } = options;
  // The cap grows step by step: a power of the attempt's number would overflow after enough failures.
  const at = (attempt: number, capMs: number): Backoff => {
    const delayMs = capMs * (1 - jitterRatio) + capMs * jitterRatio * random.next();
    return { attempt, delayMs, next: () => at(attempt + 1, Math.min(maximumMs, capMs * factor)) };
  };
  return at(0, Math.min(maximumMs, baseMs));
}

import { createBackoff, isAntiphonError, type Clock, type Random } from "@antiphon/std";
import type { ErrorContext } from "./error-context.ts";

/** A way out of one kind of failure. */
export interface RecoveryStrategy<Value = unknown> {
  /** What the strategy is called in reports. */
  readonly name: string;
  /** Which errors it is for. */
  matches(error: unknown, context: ErrorContext): boolean;
  /** Tries to recover; what it returns is the result in place of the failure, what it throws is the reason to try again. */
  recover(error: unknown, attempt: RecoveryAttempt): Promise<Value> | Value;
  /** How often `recover` is tried. Defaults to 3. */
  readonly maximumAttempts?: number;
  /** The cap of the first pause, in milliseconds. Defaults to 1,000. */
  readonly baseDelayMs?: number;
  /** The cap of every later pause, in milliseconds. Defaults to 30,000. */
  readonly maximumDelayMs?: number;
  /** What each cap is multiplied by to get the next. Defaults to 2. */
  readonly factor?: number;
  /** The share of each pause that is random: 1 is full jitter, 0 none. Defaults to 1. */
  readonly jitterRatio?: number;
}

/** What a strategy is told about one try. */
export interface RecoveryAttempt {
  /** The number of this try, from 1. */
  readonly number: number;
  /** The context in which the error arose. */
  readonly context: ErrorContext;
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** How a recovery went. */
export type RecoveryResult =
  | { readonly recovered: true; readonly value: unknown; readonly attempts: number }
  | { readonly recovered: false; readonly attempts: number };

interface RecoveryRun {
  readonly context: ErrorContext;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
}

/** What the failing side asked to wait, in `details.retryAfterMs`; backoff never goes below it. */
function retryAfterMsOf(error: unknown): number {
  const asked = isAntiphonError(error) ? error.details["retryAfterMs"] : undefined;
  return typeof asked === "number" && asked > 0 ? asked : 0;
}

/** Tries a strategy until it returns, its attempts are used up, or the signal aborts; the first try comes without a pause. */
export async function runRecovery(
  strategy: RecoveryStrategy,
  error: unknown,
  run: RecoveryRun,
): Promise<RecoveryResult> {
  const { context, signal, clock, random } = run;
  const { maximumAttempts = 3, baseDelayMs = 1_000, maximumDelayMs = 30_000, factor = 2, jitterRatio = 1 } = strategy;
  let backoff = createBackoff({ baseMs: baseDelayMs, maximumMs: maximumDelayMs, factor, jitterRatio, random });
  let pauseMs = retryAfterMsOf(error);
  let attempts = 0;
  while (attempts < maximumAttempts && !signal.aborted) {
    try {
      if (pauseMs > 0) await clock.sleep(pauseMs, { signal });
      attempts++;
      return { recovered: true, value: await strategy.recover(error, { number: attempts, context, signal }), attempts };
    } catch (failure) {
      pauseMs = Math.max(backoff.delayMs, retryAfterMsOf(failure));
      backoff = backoff.next();
    }
  }
  return { recovered: false, attempts };
}

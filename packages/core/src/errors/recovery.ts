import { isAntiphonError, type Backoff, createBackoff, type Random } from "@antiphon/std";
import { detailOf } from "../request-failure.ts";
import { checkOption } from "../option-error.ts";
import { findErrorRule, type ErrorAction } from "./error-table.ts";

/** How failures are recovered from. */
export interface RecoveryOptions {
  /** How often something is repeated. Defaults to 3; 0 never. */
  readonly maximumRetries?: number | undefined;
  /** The longest delay before the first repetition, in milliseconds. Defaults to 1,000. */
  readonly baseDelayMs?: number | undefined;
  /** The longest delay before any repetition, in milliseconds; what Discord asks for may be longer. Defaults to 30,000. */
  readonly maximumDelayMs?: number | undefined;
  /** By how much the delay grows each time. Defaults to 2. */
  readonly backoffRatio?: number | undefined;
  /** Whether delays are random between nothing and their longest. Defaults to true. */
  readonly jitter?: boolean | undefined;
}

/** What is to be done about one failure. */
export interface RecoveryDecision {
  /** What helps; `retry` and `fail` where no table knows the error. */
  readonly action: ErrorAction;
  /** Whether to try the same again. */
  readonly retry: boolean;
  /** How long to wait before that, in milliseconds; at least what Discord asked for. 0 when there is no repetition. */
  readonly delayMs: number;
}

/** Builds the rule that decides; `attempt` counts from 0. */
export function createRecovery(
  options: RecoveryOptions,
  random: Random,
): (error: unknown, attempt: number) => RecoveryDecision {
  const { maximumRetries = 3, baseDelayMs = 1_000, maximumDelayMs = 30_000, backoffRatio = 2, jitter = true } = options;
  checkOption("createErrorHandler", "recovery.maximumRetries", maximumRetries, 0);
  checkOption("createErrorHandler", "recovery.baseDelayMs", baseDelayMs, 0);
  checkOption("createErrorHandler", "recovery.maximumDelayMs", maximumDelayMs, 0);
  checkOption("createErrorHandler", "recovery.backoffRatio", backoffRatio, 1);
  const delayOf = (attempt: number) => {
    let backoff: Backoff = createBackoff({
      baseMs: baseDelayMs,
      maximumMs: maximumDelayMs,
      factor: backoffRatio,
      jitterRatio: jitter ? 1 : 0,
      random,
    });
    while (backoff.attempt < attempt) backoff = backoff.next();
    return backoff.delayMs;
  };
  return (error, attempt) => {
    const rule = findErrorRule(error);
    const retryable = rule?.retryable ?? (isAntiphonError(error) && error.retryable);
    const action = rule?.action ?? (retryable ? "retry" : "fail");
    if (!retryable || attempt >= maximumRetries) return { action, retry: false, delayMs: 0 };
    return { action, retry: true, delayMs: Math.max(delayOf(attempt), detailOf(error, "retryAfterMs") ?? 0) };
  };
}

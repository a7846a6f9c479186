import type { Clock } from "@antiphon/std";
import { PatternsError, type PatternsErrorCode } from "../error.ts";

/** What a task with a deadline is given. */
export interface DeadlineOptions {
  readonly timeoutMs: number;
  readonly code: PatternsErrorCode;
  /** What is being waited for, as it appears in the error. */
  readonly what: string;
  readonly clock: Clock;
  /** Ends the wait early, with the signal's reason. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs a task that must settle in time. Its signal aborts when the time is over or the caller's signal aborts; the wait ends then,
 * whether or not the task obeys.
 */
export async function withDeadline(
  task: (signal: AbortSignal) => unknown,
  { timeoutMs, code, what, clock, signal }: DeadlineOptions,
): Promise<void> {
  const own = new AbortController();
  const combined = signal === undefined ? own.signal : AbortSignal.any([own.signal, signal]);
  combined.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(combined.reason);
  combined.addEventListener("abort", onAbort, { once: true });
  const timer = clock.setTimer(timeoutMs, () =>
    own.abort(new PatternsError(code, `${what} did not end within ${timeoutMs} ms.`)),
  );
  try {
    await Promise.race([task(combined), ended]);
  } finally {
    timer.cancel();
    combined.removeEventListener("abort", onAbort);
  }
}

import { systemClock, type Clock } from "@antiphon/std";
import { createPolicy, type ResiliencePolicy } from "./policy.ts";
import { requireAtLeast, ResilienceError } from "./resilience-error.ts";

/** Options of {@link timeout}. */
export interface TimeoutOptions {
  /** How long a call may take, in milliseconds. */
  readonly durationMs: number;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

const timedOut = (durationMs: number) =>
  new ResilienceError("RESILIENCE_TIMEOUT", `the call did not end within ${durationMs} ms`, {
    retryable: true,
    details: { durationMs },
  });

/**
 * Rejects a call that takes too long with `RESILIENCE_TIMEOUT`, and aborts its signal with the same error. A task that ignores its
 * signal goes on; its result is dropped.
 *
 * @throws ResilienceError `RESILIENCE_OPTIONS_INVALID` for a negative duration.
 */
export function timeout(options: TimeoutOptions): ResiliencePolicy {
  const { durationMs, clock = systemClock } = options;
  requireAtLeast("timeout", "durationMs", durationMs, 0);
  return createPolicy((task, outer) => {
    const scope = outer.fork();
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        timer.cancel();
        scope.release();
        reject(error);
      };
      const timer = clock.setTimer(durationMs, () => scope.abort(timedOut(durationMs)));
      scope.onAbort(fail);
      try {
        task(scope).then((result) => {
          timer.cancel();
          scope.release();
          resolve(result);
        }, fail);
      } catch (error) {
        fail(error);
      }
    });
  });
}

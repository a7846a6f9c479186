import { systemClock, type Clock, type Timer } from "@antiphon/std";
import { createPolicy, type ResiliencePolicy, type ScopedTask } from "./policy.ts";
import { requireAtLeast } from "./resilience-error.ts";
import type { Scope } from "./scope.ts";

/** Options of {@link hedge}. */
export interface HedgeOptions {
  /** How long an attempt may go unanswered before another is started beside it, in milliseconds. */
  readonly delayMs: number;
  /** The most attempts of one call, with the first; at least 1. Defaults to 2. */
  readonly maxAttempts?: number | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** Why the attempts that lost a race are aborted. */
const lostRace = () => new DOMException("another attempt was faster", "AbortError");

interface RaceOptions {
  readonly delayMs: number;
  readonly maxAttempts: number;
  readonly clock: Clock;
}

function race(task: ScopedTask, outer: Scope, options: RaceOptions): Promise<unknown> {
  const { delayMs, maxAttempts, clock } = options;
  const scope = outer.fork();
  let started = 0;
  let running = 0;
  let timer: Timer | undefined;
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = (settle: () => void) => {
      if (isOver) return;
      isOver = true;
      timer?.cancel();
      scope.release();
      settle();
    };
    const onFailure = (error: unknown) => {
      running--;
      if (isOver) return;
      if (started < maxAttempts) start();
      else if (running === 0) end(() => reject(error));
    };
    const onSuccess = (result: unknown) =>
      end(() => {
        resolve(result);
        scope.abort(lostRace());
      });
    const attempt = async () => task(scope);
    const start = () => {
      timer?.cancel();
      started++;
      running++;
      // A timer for the next attempt only; a failure starts it sooner.
      timer = started < maxAttempts ? clock.setTimer(delayMs, start) : undefined;
      attempt().then(onSuccess, onFailure);
    };
    scope.onAbort((reason) => end(() => reject(reason)));
    if (!isOver) start();
  });
}

/**
 * Starts a call again beside the first when that has not answered in time or has failed; the first success wins, and the signal
 * of the others aborts. Only for calls that may be made twice.
 *
 * @throws ResilienceError `RESILIENCE_OPTIONS_INVALID` for a negative delay or fewer than one attempt.
 * @see Dean, Barroso: "The Tail at Scale", 2013
 */
export function hedge(options: HedgeOptions): ResiliencePolicy {
  const { delayMs, maxAttempts = 2, clock = systemClock } = options;
  requireAtLeast("hedge", "delayMs", delayMs, 0);
  requireAtLeast("hedge", "maxAttempts", maxAttempts, 1);
  return createPolicy((task, scope) => race(task, scope, { delayMs, maxAttempts, clock }));
}

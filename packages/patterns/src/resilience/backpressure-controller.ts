import { createPolicy, type ResiliencePolicy } from "./policy.ts";
import { requireAtLeast, ResilienceError } from "./resilience-error.ts";
import { createWaitingLine } from "./waiting-line.ts";

/** Options of {@link createBackpressureController}. */
export interface BackpressureOptions {
  /** The most calls that run at once; at least 1. */
  readonly maxActive: number;
  /** The most calls that wait; 0 for none. Defaults to 100. */
  readonly maxQueued?: number | undefined;
  /** Which call is dropped when the line is full: the one that waits longest, or the new one. Defaults to `newest`. */
  readonly overflow?: "oldest" | "newest" | undefined;
}

/** What a {@link BackpressureController} has counted. */
export interface BackpressureStats {
  /** Calls that run now. */
  readonly active: number;
  /** Calls that wait now. */
  readonly queued: number;
  /** Calls refused so far because the line was full. */
  readonly dropped: number;
  /** Calls that ended so far. */
  readonly completed: number;
}

/** A bulkhead: so many calls at once, a bounded line behind them, and the rest refused. */
export interface BackpressureController extends ResiliencePolicy, AsyncDisposable {
  /** What is counted now. */
  stats(): BackpressureStats;
  /** Refuses the calls that wait and all later ones, and resolves when those that run have ended. */
  close(): Promise<void>;
}

const overloaded = (maxActive: number, maxQueued: number) =>
  new ResilienceError("RESILIENCE_OVERLOADED", `${maxActive} calls run and ${maxQueued} wait; try again later`, {
    retryable: true,
    details: { maxActive, maxQueued },
  });

/**
 * Builds a {@link BackpressureController}.
 *
 * @throws ResilienceError `RESILIENCE_OPTIONS_INVALID`; its calls reject with `RESILIENCE_OVERLOADED` or `RESILIENCE_CLOSED`.
 */
export function createBackpressureController(options: BackpressureOptions): BackpressureController {
  const { maxActive, maxQueued = 100, overflow = "newest" } = options;
  requireAtLeast("createBackpressureController", "maxActive", maxActive, 1);
  requireAtLeast("createBackpressureController", "maxQueued", maxQueued, 0);
  const line = createWaitingLine();
  const idle = Promise.withResolvers<void>();
  let active = 0;
  let dropped = 0;
  let completed = 0;
  let isClosed = false;

  const closedError = () => new ResilienceError("RESILIENCE_CLOSED", "the backpressure controller was closed");
  /** Makes room in a full line, or throws. */
  const drop = () => {
    dropped++;
    if (overflow === "newest" || maxQueued === 0) throw overloaded(maxActive, maxQueued);
    line.refuse(overloaded(maxActive, maxQueued));
  };
  const leave = () => {
    completed++;
    // The place goes from call to call: `active` falls only when nobody takes it over.
    if (line.admit()) return;
    active--;
    if (isClosed && active === 0) idle.resolve();
  };
  const close = () => {
    isClosed = true;
    while (line.size > 0) line.refuse(closedError());
    if (active === 0) idle.resolve();
    return idle.promise;
  };
  return createPolicy(
    async (task, scope) => {
      if (isClosed) throw closedError();
      if (active < maxActive) active++;
      else {
        if (line.size >= maxQueued) drop();
        await line.wait(scope);
      }
      try {
        return await task(scope);
      } finally {
        leave();
      }
    },
    {
      stats: () => ({ active, queued: line.size, dropped, completed }),
      close,
      [Symbol.asyncDispose]: close,
    },
  );
}

import { abortReason } from "./abort.ts";

/** A pending timer; disposing it cancels it. */
export interface Timer extends Disposable {
  /** Cancels the timer; has no effect once it has fired. */
  cancel(): void;
}

/** Where a package reads the time and waits. Injected, so that a test owns it. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. For timestamps that leave the process. */
  now(): number;
  /** Milliseconds since some fixed moment, with fractions; never jumps. For durations. */
  monotonicMs(): number;
  /** Runs `callback` once after `delayMs`. With `keepAlive: false` the process may end while the timer is pending. */
  setTimer(delayMs: number, callback: () => void, options?: { readonly keepAlive?: boolean }): Timer;
  /** Resolves after `delayMs`, or rejects with the signal's reason. */
  sleep(delayMs: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

function sleepOn(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.reject(abortReason(signal));
  return new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      timer.cancel();
      reject(abortReason(signal as AbortSignal));
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The clock of this process. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, callback, options) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number) => {
      const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS);
      handle = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : callback()), stepMs);
      if (options?.keepAlive === false) handle.unref();
    };
    arm(delayMs);
    const cancel = () => clearTimeout(handle);
    return { cancel, [Symbol.dispose]: cancel };
  },
  sleep: (delayMs, options) => sleepOn(systemClock, delayMs, options?.signal),
};

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /**
   * Moves time forward by `durationMs`, firing due timers in order and letting promises settle between them. Rejects with a
   * RangeError for a negative duration, and with what a timer's callback throws.
   */
  advance(durationMs: number): Promise<void>;
  /** How many timers are pending. */
  readonly pendingTimers: number;
}

interface PendingTimer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** How often `advance` yields between timers, so that chains of promises can run; a bound, not a guess at their depth. */
const SETTLE_TURNS = 32;

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) await Promise.resolve();
}

/** Builds a {@link ManualClock}; `startMs` is what `now()` says first and defaults to 2026-01-01T00:00:00Z. */
export function createManualClock(options: { readonly startMs?: number } = {}): ManualClock {
  const startMs = options.startMs ?? Date.UTC(2026, 0, 1);
  const pending = new Set<PendingTimer>();
  let elapsedMs = 0;
  let order = 0;

  const nextDue = (untilMs: number): PendingTimer | undefined => {
    let next: PendingTimer | undefined;
    for (const timer of pending) {
      if (timer.atMs > untilMs) continue;
      if (next === undefined || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order))
        next = timer;
    }
    return next;
  };

  const clock: ManualClock = {
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    setTimer(delayMs, callback) {
      const timer = { atMs: elapsedMs + Math.max(0, delayMs), order: order++, callback };
      pending.add(timer);
      const cancel = () => void pending.delete(timer);
      return { cancel, [Symbol.dispose]: cancel };
    },
    sleep: (delayMs, sleepOptions) => sleepOn(clock, delayMs, sleepOptions?.signal),
    async advance(durationMs) {
      if (!(durationMs >= 0)) throw new RangeError(`advance: durationMs must be 0 or more, not ${durationMs}`);
      const untilMs = elapsedMs + durationMs;
      await settle();
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        pending.delete(timer);
        elapsedMs = Math.max(elapsedMs, timer.atMs);
        timer.callback();
        await settle();
      }
      // Two calls may overlap; neither may set the time back.
      elapsedMs = Math.max(elapsedMs, untilMs);
      await settle();
    },
    get pendingTimers() {
      return pending.size;
    },
  };
  return clock;
}

import { abortReason, type Clock } from "@antiphon/std";

/** A limit would hold a request back for longer than it may wait. */
export class WaitTooLong extends Error {
  /** How long it would have to wait; undefined while the limit is being found out. */
  readonly waitMs: number | undefined;

  constructor(waitMs: number | undefined) {
    super(waitMs === undefined ? "the limit is not known yet" : `the limit opens in ${Math.ceil(waitMs)} ms`);
    this.waitMs = waitMs;
  }
}

/** How long somebody stands in a line of which nobody knows when it moves on. */
export interface Patience {
  /** The most it waits. */
  readonly limitMs: number;
  /** Asked when the time is up: whether it is still unknown. */
  readonly isUnknown: () => boolean;
  readonly clock: Clock;
}

/** Somebody in a line; one of the two is called once. */
export interface Waiter<T> {
  /** Where it stands; whoever moves it to another line has to say so. */
  line: Waiter<T>[];
  /** It is its turn. */
  readonly grant: (value: T) => void;
  /** It will never be. */
  readonly fail: (reason: unknown) => void;
}

/**
 * Stands at the end of `line` until whoever keeps it grants or fails it; leaves it, and rejects with the reason, when the signal aborts,
 * or with a WaitTooLong when its patience ends.
 */
export function waitInLine<T>(line: Waiter<T>[], signal: AbortSignal | undefined, patience?: Patience): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = (then: () => void) => {
      signal?.removeEventListener("abort", onAbort);
      timer?.cancel();
      then();
    };
    const waiter: Waiter<T> = {
      line,
      grant: (value) => end(() => resolve(value)),
      fail: (reason) => end(() => reject(reason)),
    };
    const leave = (reason: unknown) => {
      waiter.line.splice(waiter.line.indexOf(waiter), 1);
      waiter.fail(reason);
    };
    const onAbort = () => leave(abortReason(signal as AbortSignal));
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = patience?.clock.setTimer(patience.limitMs, () => {
      if (patience.isUnknown()) leave(new WaitTooLong(undefined));
    });
    line.push(waiter);
  });
}

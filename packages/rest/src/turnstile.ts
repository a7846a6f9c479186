import { abortReason, type Clock, type Timer } from "@antiphon/std";
import { waitInLine, type Patience, type Waiter } from "./waiting-line.ts";

/** Lets requests of one bucket on in their order, no more at once than the bucket could take. */
export interface Turnstile {
  /**
   * Waits for its turn; each has to be followed by `leave`.
   *
   * @throws WaitTooLong when its patience ends, the error of `fail`, or the signal's reason
   */
  enter(signal: AbortSignal | undefined, patience: Patience | undefined): Promise<void>;
  /** The request has its place, or was refused one. */
  leave(): void;
  /** Lets nobody on for a while; `isGuess` when something may happen before, of which `look` tells. */
  shut(durationMs: number, isGuess: boolean): void;
  /** Something has happened: opens where only a guess keeps it shut. */
  look(): void;
  /** Rejects what waits. */
  fail(error: Error): void;
  /** How many may be on their way at once. */
  width: number;
  /** How long it is still shut. */
  readonly waitMs: number;
  /** How many wait. */
  readonly size: number;
  /** Whether nobody waits or is on the way, and it is open. */
  readonly idle: boolean;
  /** When it was last entered, on the monotonic clock. */
  readonly lastUsedMs: number;
}

/** Builds a {@link Turnstile} that lets one request on at a time, until it is made wider. */
export function createTurnstile(clock: Clock): Turnstile {
  const waiting: Waiter<void>[] = [];
  let inside = 0;
  let width = 1;
  let opensAtMs = 0;
  let isGuessed = false;
  let lastUsedMs = clock.monotonicMs();
  let timer: Timer | undefined;

  const drain = () => {
    timer?.cancel();
    const delayMs = opensAtMs - clock.monotonicMs();
    if (delayMs > 0) {
      if (waiting.length > 0) timer = clock.setTimer(delayMs, drain);
      return;
    }
    for (; inside < width && waiting.length > 0; inside++) (waiting.shift() as Waiter<void>).grant();
  };

  return {
    enter(signal, patience) {
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      lastUsedMs = clock.monotonicMs();
      if (waiting.length === 0 && inside < width && opensAtMs <= lastUsedMs) {
        inside++;
        return Promise.resolve();
      }
      const turn = waitInLine(waiting, signal, patience);
      drain();
      return turn;
    },
    leave() {
      inside--;
      drain();
    },
    shut(durationMs, isGuess) {
      const untilMs = clock.monotonicMs() + durationMs;
      if (untilMs < opensAtMs) return;
      opensAtMs = untilMs;
      isGuessed = isGuess;
      drain();
    },
    look() {
      if (!isGuessed) return;
      opensAtMs = 0;
      drain();
    },
    fail(error) {
      timer?.cancel();
      for (const waiter of waiting.splice(0)) waiter.fail(error);
    },
    get width() {
      return width;
    },
    set width(value) {
      width = value;
      drain();
    },
    get waitMs() {
      return Math.max(0, opensAtMs - clock.monotonicMs());
    },
    get size() {
      return waiting.length;
    },
    get idle() {
      return waiting.length === 0 && inside === 0 && opensAtMs <= clock.monotonicMs();
    },
    get lastUsedMs() {
      return lastUsedMs;
    },
  };
}

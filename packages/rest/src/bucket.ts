import { abortReason, type Clock, type Timer } from "@antiphon/std";
import { createHeadStart } from "./head-start.ts";
import type { BucketHeaders } from "./rate-limit-headers.ts";
import { waitInLine, WaitTooLong, type Waiter } from "./waiting-line.ts";

/** How a request ended. */
export interface BucketOutcome {
  /** What the answer said about the bucket. */
  readonly headers?: BucketHeaders | undefined;
  /** Whether it was a 2xx. */
  readonly succeeded: boolean;
  /** It was a 429 of this bucket: nothing goes out for so long. */
  readonly blockMs?: number | undefined;
  /** From sending it to its answer's first byte. */
  readonly roundTripMs?: number | undefined;
}

/** Requests that share a limit, and how many of them may go out now. */
export interface Bucket {
  /** Whether a request may go out at once; each grant has to be given back by `settle`. */
  tryAcquire(): boolean;
  /**
   * Resolves when a request may go out; each grant has to be given back by `settle`.
   *
   * @throws WaitTooLong, the error of `close`, or the signal's reason
   */
  acquire(signal: AbortSignal | undefined): Promise<void>;
  /** A granted request has been answered, or has failed. */
  settle(outcome: BucketOutcome): void;
  /** Moves everything that waits, and is under way, to the bucket it turned out to be. */
  mergeInto(target: Bucket): void;
  /** Rejects what waits. */
  close(error: Error): void;
  /** How long until a request could go out, if nothing else waited: 0 when it is unknown. */
  waitMs(): number;
  /** Whether an answer has told the limit, or that there is none. */
  readonly isLearned: boolean;
  /** Whether nothing waits, nothing is under way, and no window is open. */
  readonly idle: boolean;
  /** Whether nothing waits or is under way and there are places left, so that it does no harm to forget it. */
  readonly isSpare: boolean;
  /** When it was last used, on the monotonic clock. */
  readonly lastUsedMs: number;
  /** How many requests wait. */
  readonly size: number;
}

/** Discord rounds to milliseconds, and timers may fire a moment early. */
export const RESET_MARGIN_MS = 5;

/** A bucket's own view, which `mergeInto` needs of its target. */
interface BucketInternals extends Bucket {
  adopt(waiters: readonly Waiter<void>[], underWay: number): void;
}

/**
 * Builds a {@link Bucket}. Until the first answer one request at a time goes out; then as many at once as the window has left.
 * A new window starts with the full limit less what is still under way, which the server may yet count into it. What waits for longer
 * than `waitLimitMs` for a first answer, or would have to wait so long for a window, is refused.
 */
export function createBucket(clock: Clock, waitLimitMs: number): Bucket {
  const waiting: Waiter<void>[] = [];
  let target: Bucket | undefined;
  let answered = false;
  /** Undefined after an answer without headers: then there is no limit. */
  let limit: number | undefined;
  let remaining = 0;
  /** Undefined while it is unknown when the window ends. */
  let resetAtMs: number | undefined;
  let blockedUntilMs = 0;
  let underWay = 0;
  let lastUsedMs = clock.monotonicMs();
  let timer: Timer | undefined;
  const headStart = createHeadStart();

  const startWindowIfDue = (nowMs: number) => {
    if (limit === undefined || resetAtMs === undefined) return;
    if (nowMs < resetAtMs && (remaining > 0 || nowMs < resetAtMs - headStart.ms)) return;
    remaining = Math.max(0, limit - underWay);
    resetAtMs = undefined;
  };
  const capacity = (nowMs: number): number => {
    if (nowMs < blockedUntilMs) return 0;
    if (!answered) return underWay === 0 ? 1 : 0;
    if (limit === undefined) return Infinity;
    startWindowIfDue(nowMs);
    return remaining;
  };
  const opensAtMs = () => {
    if (!answered || limit === undefined || remaining > 0 || resetAtMs === undefined) return blockedUntilMs;
    return Math.max(blockedUntilMs, resetAtMs - headStart.ms);
  };

  const failAll = (error: Error) => {
    for (const waiter of waiting.splice(0)) waiter.fail(error);
  };
  const drain = () => {
    const nowMs = clock.monotonicMs();
    while (waiting.length > 0 && capacity(nowMs) > 0) {
      underWay++;
      remaining--;
      (waiting.shift() as Waiter<void>).grant();
    }
    timer?.cancel();
    timer = undefined;
    if (waiting.length === 0) return;
    const delayMs = opensAtMs() - nowMs;
    if (delayMs > waitLimitMs) return failAll(new WaitTooLong(delayMs));
    // Without a known moment, the next answer opens the bucket.
    if (delayMs > 0) timer = clock.setTimer(delayMs, drain);
  };

  const learn = (headers: BucketHeaders, nowMs: number) => {
    startWindowIfDue(nowMs);
    const endsAtMs = nowMs + headers.resetAfterMs + RESET_MARGIN_MS;
    // Answers of requests that ran side by side arrive in any order: the lowest count and the latest end hold.
    remaining = answered && limit !== undefined ? Math.min(remaining, headers.remaining) : headers.remaining - underWay;
    resetAtMs = Math.max(resetAtMs ?? 0, endsAtMs);
    limit = headers.limit;
    answered = true;
  };

  const block = (durationMs: number) => {
    blockedUntilMs = Math.max(blockedUntilMs, clock.monotonicMs() + durationMs + RESET_MARGIN_MS);
    remaining = 0;
    if (limit !== undefined) resetAtMs = Math.max(resetAtMs ?? 0, blockedUntilMs);
    // There was a limit after all: find out with one request.
    else answered = false;
    headStart.giveUp();
  };

  const bucket: BucketInternals = {
    tryAcquire() {
      if (target !== undefined) return target.tryAcquire();
      lastUsedMs = clock.monotonicMs();
      if (waiting.length > 0 || capacity(lastUsedMs) <= 0) return false;
      underWay++;
      remaining--;
      return true;
    },
    acquire(signal) {
      if (target !== undefined) return target.acquire(signal);
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      if (bucket.tryAcquire()) return Promise.resolve();
      const patience = { clock, limitMs: waitLimitMs, isUnknown: () => !bucket.isLearned };
      const turn = waitInLine(waiting, signal, answered ? undefined : patience);
      drain();
      return turn;
    },
    settle(outcome) {
      if (target !== undefined) return target.settle(outcome);
      underWay--;
      lastUsedMs = clock.monotonicMs();
      if (outcome.roundTripMs !== undefined) headStart.note(outcome.roundTripMs);
      if (outcome.headers !== undefined) learn(outcome.headers, lastUsedMs);
      else if (outcome.succeeded) answered = true;
      // Everything under way failed without a word about the window: find out with one request.
      else if (underWay === 0 && resetAtMs === undefined) answered = false;
      if (outcome.blockMs !== undefined) block(outcome.blockMs);
      if (waiting.length > 0) drain();
    },
    mergeInto(other) {
      target = other;
      timer?.cancel();
      (other as BucketInternals).adopt(waiting.splice(0), underWay);
    },
    adopt(waiters, more) {
      underWay += more;
      for (const waiter of waiters) waiter.line = waiting;
      waiting.push(...waiters);
      drain();
    },
    close(error) {
      timer?.cancel();
      failAll(error);
    },
    waitMs() {
      if (target !== undefined) return target.waitMs();
      const untilMs = opensAtMs();
      return untilMs === 0 ? 0 : Math.max(0, untilMs - clock.monotonicMs());
    },
    get isLearned() {
      return target === undefined ? answered : target.isLearned;
    },
    get idle() {
      const nowMs = clock.monotonicMs();
      return waiting.length === 0 && underWay === 0 && nowMs >= blockedUntilMs && nowMs >= (resetAtMs ?? 0);
    },
    get isSpare() {
      return target === undefined && waiting.length === 0 && underWay === 0 && capacity(clock.monotonicMs()) > 0;
    },
    get lastUsedMs() {
      return lastUsedMs;
    },
    get size() {
      return waiting.length;
    },
  };
  return bucket;
}

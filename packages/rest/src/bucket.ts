import { abortReason, type Clock, type Timer } from "@antiphon/std";
import type { BucketHeaders } from "./rate-limit-headers.ts";

/** How a request ended. */
export interface BucketOutcome {
  /** What the answer said about the bucket. */
  readonly headers?: BucketHeaders | undefined;
  /** Whether it was a 2xx. */
  readonly succeeded: boolean;
  /** It was a 429 of this bucket: nothing goes out for so long. */
  readonly blockMs?: number | undefined;
}

/** Requests that share a limit, and how many of them may go out now. */
export interface Bucket {
  /** Resolves when a request may go out; each grant has to be given back by `settle`. */
  acquire(signal: AbortSignal | undefined): Promise<void>;
  /** A granted request has been answered, or has failed. */
  settle(outcome: BucketOutcome): void;
  /** Moves everything that waits, and is under way, to the bucket it turned out to be. */
  mergeInto(target: Bucket): void;
  /** Rejects what waits. */
  close(error: Error): void;
  /** How long until a request could go out, if nothing else waited: 0 when it is unknown. */
  waitMs(): number;
  /** Whether nothing waits, nothing is under way, and no window is open. */
  readonly idle: boolean;
  /** When it was last used, on the monotonic clock. */
  readonly lastUsedMs: number;
  /** How many requests wait. */
  readonly size: number;
}

interface Waiter {
  readonly grant: () => void;
  readonly fail: (reason: unknown) => void;
}

/** Discord rounds to milliseconds, and timers may fire a moment early. */
export const RESET_MARGIN_MS = 5;

/** A bucket's own view, which `mergeInto` needs of its target. */
interface BucketInternals extends Bucket {
  adopt(waiters: readonly Waiter[], underWay: number): void;
}

/**
 * Builds a {@link Bucket}. Until the first answer one request at a time goes out; then as many at once as the window has left.
 * A new window starts with the full limit less what is still under way, which the server may yet count into it.
 */
export function createBucket(clock: Clock): Bucket {
  const waiting: Waiter[] = [];
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

  const startWindowIfDue = (nowMs: number) => {
    if (limit === undefined || resetAtMs === undefined || nowMs < resetAtMs) return;
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
  const opensAtMs = () =>
    Math.max(blockedUntilMs, answered && limit !== undefined && remaining <= 0 ? (resetAtMs ?? 0) : 0);

  const drain = () => {
    const nowMs = clock.monotonicMs();
    while (waiting.length > 0 && capacity(nowMs) > 0) {
      underWay++;
      remaining--;
      (waiting.shift() as Waiter).grant();
    }
    timer?.cancel();
    timer = undefined;
    const delayMs = opensAtMs() - nowMs;
    // Without a known moment, the next answer opens the bucket.
    if (waiting.length > 0 && delayMs > 0) timer = clock.setTimer(delayMs, drain);
  };

  const learn = (headers: BucketHeaders) => {
    const nowMs = clock.monotonicMs();
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
  };

  const bucket: BucketInternals = {
    acquire(signal) {
      if (target !== undefined) return target.acquire(signal);
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      lastUsedMs = clock.monotonicMs();
      if (waiting.length === 0 && capacity(lastUsedMs) > 0) {
        underWay++;
        remaining--;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const end = (then: () => void) => {
          signal?.removeEventListener("abort", onAbort);
          then();
        };
        const waiter: Waiter = { grant: () => end(resolve), fail: (reason) => end(() => reject(reason)) };
        const onAbort = () => {
          waiting.splice(waiting.indexOf(waiter), 1);
          reject(abortReason(signal as AbortSignal));
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.push(waiter);
        drain();
      });
    },
    settle(outcome) {
      if (target !== undefined) return target.settle(outcome);
      underWay--;
      lastUsedMs = clock.monotonicMs();
      if (outcome.headers !== undefined) learn(outcome.headers);
      else if (outcome.succeeded) answered = true;
      // Everything under way failed without a word about the window: find out with one request.
      else if (underWay === 0 && resetAtMs === undefined) answered = false;
      if (outcome.blockMs !== undefined) block(outcome.blockMs);
      drain();
    },
    mergeInto(other) {
      target = other;
      timer?.cancel();
      (other as BucketInternals).adopt(waiting.splice(0), underWay);
    },
    adopt(waiters, more) {
      underWay += more;
      waiting.push(...waiters);
      drain();
    },
    close(error) {
      timer?.cancel();
      for (const waiter of waiting.splice(0)) waiter.fail(error);
    },
    waitMs: () => (target === undefined ? Math.max(0, opensAtMs() - clock.monotonicMs()) : target.waitMs()),
    get idle() {
      const nowMs = clock.monotonicMs();
      return waiting.length === 0 && underWay === 0 && nowMs >= blockedUntilMs && nowMs >= (resetAtMs ?? 0);
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

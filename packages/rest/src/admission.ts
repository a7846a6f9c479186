import type { BucketOutcome } from "./bucket.ts";
import type { GlobalLimiter, GlobalPermit } from "./global-limiter.ts";
import type { BucketPermit, RateLimiter } from "./rate-limiter.ts";
import type { Route } from "./route.ts";

/** The right to send one request now. */
export interface Ticket {
  /** The request has been answered, or has failed; call once. */
  settle(outcome: BucketOutcome): void;
}

/** Lets requests out, within the limit of their bucket and the limit over all. */
export interface Admission {
  /** A ticket when nothing holds the request back; undefined also when only asking can tell. */
  tryAdmit(route: Route): Ticket | undefined;
  /**
   * Waits for a request's turn.
   *
   * @throws WaitTooLong, a RestError REST_LIMITER_FAILED, the error of `close`, or the signal's reason
   */
  admit(route: Route, signal: AbortSignal | undefined): Promise<Ticket>;
  /** Lets nothing out that counts in the limit over all. */
  block(durationMs: number): void;
  /** How long until a request of this route could go out, if nothing else waited. */
  waitMs(route: Route): number;
  /** How long until something may go out after a {@link Admission.block}. */
  readonly blockedMs: number;
  /** Rejects what waits. */
  close(error: Error): void;
  /** Resolves when everybody who shares the limits knows what ended. */
  flush(): Promise<void>;
  /** Buckets in memory. */
  readonly bucketCount: number;
  /** Requests that wait for their bucket. */
  readonly waitingForBucket: number;
  /** Requests that wait for the limit over all. */
  readonly waitingForGlobal: number;
}

/** Builds an {@link Admission} for a client that is alone with its token. */
export function createOwnAdmission(limiter: RateLimiter, global: GlobalLimiter): Admission {
  const both = (permit: BucketPermit, place: GlobalPermit): Ticket => ({
    settle(outcome) {
      place.release();
      permit.settle(outcome);
    },
  });

  return {
    tryAdmit(route) {
      if (route.hasToken) return limiter.tryAcquire(route);
      const place = global.tryAcquire();
      if (place === undefined) return undefined;
      const permit = limiter.tryAcquire(route);
      if (permit !== undefined) return both(permit, place);
      place.giveBack();
      return undefined;
    },
    async admit(route, signal) {
      const permit = await limiter.acquire(route, signal);
      if (route.hasToken) return permit;
      try {
        return both(permit, await global.acquire(signal));
      } catch (error) {
        permit.settle({ succeeded: false });
        throw error;
      }
    },
    block: global.block,
    waitMs: limiter.waitMs,
    close(error) {
      limiter.close(error);
      global.close(error);
    },
    flush: () => Promise.resolve(),
    get blockedMs() {
      return global.blockedMs;
    },
    get bucketCount() {
      return limiter.bucketCount;
    },
    get waitingForBucket() {
      return limiter.waiting;
    },
    get waitingForGlobal() {
      return global.waiting;
    },
  };
}

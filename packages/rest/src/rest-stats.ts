import type { PoolStats } from "./connection-pool.ts";

/** What a client has done so far. */
export interface RestStats {
  /** HTTP requests sent, retries included. */
  readonly requests: number;
  /** Requests that were sent again after a 5xx or a network failure. */
  readonly retries: number;
  /** 429 received, of whatever scope. */
  readonly rateLimited: number;
  /** Of them, those of scope `shared`, which nobody could foresee and which Discord does not hold against the bot. */
  readonly sharedRateLimited: number;
  /** Calls that ended in an error. */
  readonly failures: number;
  /** 401, 403 and 429 of the last ten minutes. */
  readonly invalidRequests: number;
  /** Calls accepted and not yet ended. */
  readonly pending: number;
  /** HTTP requests under way. */
  readonly inFlight: number;
  /** Calls that wait for their bucket. */
  readonly waitingForBucket: number;
  /** Calls that wait for the global limit. */
  readonly waitingForGlobal: number;
  /** Buckets in memory. */
  readonly buckets: number;
  /** Events that slow readers of `events()` have lost. */
  readonly droppedEvents: number;
  /** Undefined when the dispatcher was brought along. */
  readonly pool: PoolStats | undefined;
}

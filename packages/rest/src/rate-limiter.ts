import type { Clock, Timer } from "@antiphon/std";
import { createBucket, type Bucket, type BucketOutcome } from "./bucket.ts";
import type { Route } from "./route.ts";

/** The right to send one request; `settle` has to be called exactly once. */
export interface BucketPermit {
  /** The request has been answered, or has failed. */
  settle(outcome: BucketOutcome): void;
}

/** Keeps requests within the limits of their buckets. */
export interface RateLimiter {
  /** Waits until a request of this route may go out. */
  acquire(route: Route, signal: AbortSignal | undefined): Promise<BucketPermit>;
  /** How long until a request of this route could go out, if nothing else waited. */
  waitMs(route: Route): number;
  /** Rejects what waits and stops the sweeper. */
  close(error: Error): void;
  /** Buckets in memory. */
  readonly bucketCount: number;
  /** Requests that wait for a bucket. */
  readonly waiting: number;
}

const SWEEP_INTERVAL_MS = 10_000;
/** How long an unused bucket is remembered, so that its limit need not be learned again. */
const RETENTION_MS = 5 * 60_000;
/** Above this many buckets, every idle one is dropped. */
const BUCKET_LIMIT = 10_000;
const ROUTE_LIMIT = 5_000;

interface Entry {
  readonly bucket: Bucket;
  readonly hasToken: boolean;
}

/**
 * Builds a {@link RateLimiter}. A bucket starts out as a route of its own and moves to the hash that the first answer tells,
 * together with the other routes of that hash.
 *
 * @see [Discord Docs/Rate Limits]
 */
export function createRateLimiter(clock: Clock): RateLimiter {
  /** Route to the hash of its bucket. */
  const hashes = new Map<string, string>();
  const entries = new Map<string, Entry>();
  let sweeper: Timer | undefined;

  const ownKeyOf = (route: Route) => `${route.key} ${route.major}`;
  const keyOf = (route: Route) => `${hashes.get(route.key) ?? route.key} ${route.major}`;

  const sweep = (retentionMs: number) => {
    const nowMs = clock.monotonicMs();
    for (const [key, { bucket, hasToken }] of entries) {
      // Tokens live for minutes and come by the thousand, so their buckets are not worth remembering.
      if (bucket.idle && (hasToken || nowMs - bucket.lastUsedMs >= retentionMs)) entries.delete(key);
    }
  };
  const scheduleSweep = () => {
    sweeper ??= clock.setTimer(
      SWEEP_INTERVAL_MS,
      () => {
        sweeper = undefined;
        sweep(RETENTION_MS);
        if (entries.size > 0) scheduleSweep();
      },
      { keepAlive: false },
    );
  };

  const entryOf = (key: string, hasToken: boolean): Entry => {
    const known = entries.get(key);
    if (known !== undefined) return known;
    if (entries.size >= BUCKET_LIMIT) sweep(0);
    const entry = { bucket: createBucket(clock), hasToken };
    entries.set(key, entry);
    scheduleSweep();
    return entry;
  };

  /** An answer told the hash of a route's bucket: a bucket that was the route's own moves there. */
  const learnHash = (route: Route, from: Bucket, fromKey: string, hash: string) => {
    if (hashes.size >= ROUTE_LIMIT) hashes.clear();
    hashes.set(route.key, hash);
    if (fromKey !== ownKeyOf(route) || entries.get(fromKey)?.bucket !== from) return;
    entries.delete(fromKey);
    const existing = entries.get(keyOf(route));
    if (existing === undefined) entries.set(keyOf(route), { bucket: from, hasToken: route.hasToken });
    else from.mergeInto(existing.bucket);
  };

  return {
    async acquire(route, signal) {
      const key = keyOf(route);
      const { bucket } = entryOf(key, route.hasToken);
      await bucket.acquire(signal);
      return {
        settle(outcome) {
          if (outcome.headers !== undefined) learnHash(route, bucket, key, outcome.headers.hash);
          bucket.settle(outcome);
          if (!route.hasToken || !bucket.idle) return;
          const current = keyOf(route);
          if (entries.get(current)?.bucket === bucket) entries.delete(current);
        },
      };
    },
    waitMs: (route) => entries.get(keyOf(route))?.bucket.waitMs() ?? 0,
    close(error) {
      sweeper?.cancel();
      for (const { bucket } of entries.values()) bucket.close(error);
      entries.clear();
    },
    get bucketCount() {
      return entries.size;
    },
    get waiting() {
      let waiting = 0;
      for (const { bucket } of entries.values()) waiting += bucket.size;
      return waiting;
    },
  };
}

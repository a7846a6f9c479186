import type { Clock, Timer } from "@antiphon/std";
import { createBucket, type Bucket, type BucketOutcome } from "./bucket.ts";
import { createBucketTable } from "./bucket-table.ts";
import type { Route } from "./route.ts";

/** The right to send one request; `settle` has to be called exactly once. */
export interface BucketPermit {
  /** The request has been answered, or has failed. */
  settle(outcome: BucketOutcome): void;
}

/** Keeps requests within the limits of their buckets. */
export interface RateLimiter {
  /** A permit when a request of this route may go out at once. */
  tryAcquire(route: Route): BucketPermit | undefined;
  /** Waits until a request of this route may go out. @throws WaitTooLong, the error of `close`, or the signal's reason */
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
/** Above this many buckets, those of routes with a token are dropped as soon as nothing is known of them that matters. */
const TOKEN_BUCKETS = 50;
const ROUTE_LIMIT = 5_000;

interface Entry {
  readonly bucket: Bucket;
  readonly hasToken: boolean;
}

/**
 * Builds a {@link RateLimiter}. A bucket starts out as a route of its own and moves to the hash that the first answer tells,
 * together with the other routes of that hash. No request waits for a bucket that will be shut for longer than `waitLimitMs`.
 *
 * @see [Discord Docs/Rate Limits]
 */
export function createRateLimiter(clock: Clock, waitLimitMs: number): RateLimiter {
  /** Route to the hash of its bucket. */
  const hashes = new Map<string, string>();
  const entries = createBucketTable<Entry>();
  let sweeper: Timer | undefined;

  const nameOf = (route: Route) => hashes.get(route.key) ?? route.key;

  const sweep = (retentionMs: number) => {
    const nowMs = clock.monotonicMs();
    // Tokens live for minutes and come by the thousand, so their buckets are not worth remembering.
    entries.prune(({ bucket, hasToken }) => bucket.idle && (hasToken || nowMs - bucket.lastUsedMs >= retentionMs));
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

  const bucketOf = (name: string, { major, hasToken }: Route): Bucket => {
    const known = entries.get(name, major);
    if (known !== undefined) return known.bucket;
    if (entries.size >= BUCKET_LIMIT) sweep(0);
    const entry = { bucket: createBucket(clock, waitLimitMs), hasToken };
    entries.set(name, major, entry);
    scheduleSweep();
    return entry.bucket;
  };

  /** An answer told the hash of a route's bucket: a bucket that was the route's own moves there. */
  const learnHash = (route: Route, from: Bucket, fromName: string, hash: string) => {
    if (hashes.get(route.key) !== hash) {
      if (hashes.size >= ROUTE_LIMIT) hashes.clear();
      hashes.set(route.key, hash);
    }
    const { major, hasToken } = route;
    if (fromName !== route.key || entries.get(fromName, major)?.bucket !== from) return;
    entries.delete(fromName, major);
    const existing = entries.get(hash, major);
    if (existing === undefined) entries.set(hash, major, { bucket: from, hasToken });
    else from.mergeInto(existing.bucket);
  };

  const permitFor = (route: Route, bucket: Bucket, name: string): BucketPermit => ({
    settle(outcome) {
      if (outcome.headers !== undefined) learnHash(route, bucket, name, outcome.headers.hash);
      bucket.settle(outcome);
      if (!route.hasToken) return;
      const mayForget = bucket.idle || (entries.size > TOKEN_BUCKETS && bucket.isSpare);
      if (!mayForget) return;
      const current = nameOf(route);
      if (entries.get(current, route.major)?.bucket === bucket) entries.delete(current, route.major);
    },
  });

  return {
    tryAcquire(route) {
      const name = nameOf(route);
      const bucket = bucketOf(name, route);
      return bucket.tryAcquire() ? permitFor(route, bucket, name) : undefined;
    },
    async acquire(route, signal) {
      const name = nameOf(route);
      const bucket = bucketOf(name, route);
      await bucket.acquire(signal);
      return permitFor(route, bucket, name);
    },
    waitMs: (route) => entries.get(nameOf(route), route.major)?.bucket.waitMs() ?? 0,
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

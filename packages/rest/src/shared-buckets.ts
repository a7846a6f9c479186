import type { SharedLimiter } from "@antiphon/protocol/discord";
import type { Clock } from "@antiphon/std";
import { RESET_MARGIN_MS } from "./bucket.ts";
import type { BucketHeaders } from "./rate-limit-headers.ts";
import type { Route } from "./route.ts";
import { createSharedPlaces, type LimitNews, type SharedPlaces } from "./shared-places.ts";
import { createTurnstile, type Turnstile } from "./turnstile.ts";

/** One bucket, or the search for a route's bucket, as this client knows it. */
export interface SharedBucket {
  readonly places: SharedPlaces;
  readonly turnstile: Turnstile;
  /** Undefined while the route's bucket is being found out. */
  readonly hash: string | undefined;
  /** When the window ends, as far as is known, on the monotonic clock. */
  resetAtMs: number;
}

/** The buckets that a client shares with others. */
export interface SharedBuckets {
  /** Where a route counts; `null` when it is not limited. */
  of(route: Route): SharedBucket | null;
  /** Notes where a route counts. */
  remember(route: Route, hash: string | null): void;
  /** An answer says that the route counts elsewhere than it was sent under; resolves when everybody knows. */
  move(route: Route, headers: BucketHeaders, blockMs: number | undefined): Promise<void>;
  /** All of them. */
  all(): Iterable<SharedBucket>;
  /** How many there are. */
  readonly size: number;
}

/** A client renews its places every third of this; after a crash they are free so much later. */
const HOLD_MS = 15_000;
/** More than a bucket's limit ever is, so that a bucket is emptied with one claim. */
const LEASE_LIMIT = 100;
/** How long a bucket is kept here that nobody uses. */
const RETENTION_MS = 60_000;
/** With so many buckets, unused ones are dropped; the shared limiter remembers their limits. */
const SWEEP_AT = 1_000;
const ROUTE_LIMIT = 5_000;

/** Leaves only what every store takes in a key. */
function cleanKey(text: string): string {
  return text.replaceAll(/[^\w/-]+/g, "=").slice(0, 100);
}

/** What an answer's headers tell the others. */
export function newsOf({ limit, remaining, resetAfterMs }: BucketHeaders): LimitNews {
  return { limit, left: { count: remaining, forMs: resetAfterMs + RESET_MARGIN_MS } };
}

/** Builds {@link SharedBuckets}; `prefix` is what the keys of a token begin with. */
export function createSharedBuckets(options: {
  readonly limiter: SharedLimiter;
  readonly prefix: string;
  readonly clientId: string;
  readonly clock: Clock;
}): SharedBuckets {
  const { limiter, prefix, clientId, clock } = options;
  /** Route to the hash of its bucket; `null` when it is not limited. */
  const hashes = new Map<string, string | null>();
  const buckets = new Map<string, SharedBucket>();
  let sweepAt = SWEEP_AT;

  const sweep = (nowMs: number) => {
    for (const [key, { places, turnstile }] of buckets)
      if (places.idle && turnstile.idle && nowMs - turnstile.lastUsedMs > RETENTION_MS) buckets.delete(key);
    sweepAt = Math.max(SWEEP_AT, buckets.size * 2);
  };
  const at = (key: string, hash: string | undefined): SharedBucket => {
    const known = buckets.get(key);
    if (known !== undefined) return known;
    if (buckets.size >= sweepAt) sweep(clock.monotonicMs());
    const places = createSharedPlaces({
      limiter,
      key: `${prefix}.${key}`,
      clientId,
      clock,
      holdMs: HOLD_MS,
      leaseLimit: LEASE_LIMIT,
      patient: false,
    });
    const bucket = { places, turnstile: createTurnstile(clock), hash, resetAtMs: 0 };
    buckets.set(key, bucket);
    return bucket;
  };
  const searchFor = (route: Route) => at(`route.${cleanKey(route.key)}`, undefined);
  const bucketOf = (route: Route, hash: string) => at(`bucket.${cleanKey(hash)}.${cleanKey(route.major)}`, hash);
  const remember = (route: Route, hash: string | null) => {
    if (hashes.size >= ROUTE_LIMIT) hashes.clear();
    hashes.set(route.key, hash);
  };

  return {
    of(route) {
      const hash = hashes.get(route.key);
      if (hash === null) return null;
      return hash === undefined ? searchFor(route) : bucketOf(route, hash);
    },
    remember,
    async move(route, headers, blockMs) {
      const target = bucketOf(route, headers.hash);
      const untilMs = clock.monotonicMs() + headers.resetAfterMs + RESET_MARGIN_MS;
      target.resetAtMs = Math.max(target.resetAtMs, untilMs);
      target.turnstile.width = headers.limit;
      remember(route, headers.hash);
      await target.places.report({ ...newsOf(headers), blockMs }, { untilMs });
      // Only now may the others follow, so that they find the place taken.
      await searchFor(route).places.report({ bucket: headers.hash });
    },
    all: () => buckets.values(),
    get size() {
      return buckets.size;
    },
  };
}

import { createHash, randomUUID } from "node:crypto";
import type { SharedLimiter } from "@antiphon/protocol/discord";
import type { Clock, Secret } from "@antiphon/std";
import type { Admission, Ticket } from "./admission.ts";
import { RESET_MARGIN_MS, type BucketOutcome } from "./bucket.ts";
import { GLOBAL_EXPIRY_MS, GLOBAL_WINDOW_MS } from "./global-limiter.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import type { Route } from "./route.ts";
import { createSharedBuckets, newsOf, type SharedBucket } from "./shared-buckets.ts";
import { createSharedPlaces, isPlace, type Place, type Refusal } from "./shared-places.ts";
import { WaitTooLong, type Patience } from "./waiting-line.ts";

/** Options of {@link createSharedAdmission}. */
export interface SharedAdmissionOptions {
  readonly limiter: SharedLimiter;
  readonly token: Secret | undefined;
  readonly globalRequestsPerSecond: number;
  /** A request that a bucket would hold back for longer is rejected. */
  readonly waitLimitMs: number;
  readonly clock: Clock;
}

/** Enough of a hash to tell tokens apart. */
const PREFIX_CHARACTERS = 16;
/** Places are asked for in so many portions, so that processes take turns: one that lags has its busiest channels left at the end. */
const PORTIONS = 25;

/** Bots that share a store must not count against each other; the token itself stays out of it. */
function prefixOf(token: Secret | undefined): string {
  if (token === undefined) return "anonymous";
  return createHash("sha256").update(token.reveal()).digest("base64url").slice(0, PREFIX_CHARACTERS);
}

/**
 * Builds an {@link Admission} that keeps the limits together with other processes of the same token. A route's first request finds its
 * bucket out for all of them. Routes with a token of their own belong to one process and stay there.
 */
export function createSharedAdmission(options: SharedAdmissionOptions): Admission {
  const { limiter, globalRequestsPerSecond: limit, waitLimitMs, clock } = options;
  const prefix = prefixOf(options.token);
  const clientId = randomUUID();
  const own = createRateLimiter(clock, waitLimitMs);
  const buckets = createSharedBuckets({ limiter, prefix, clientId, clock });
  const global = createSharedPlaces({
    limiter,
    key: `${prefix}.global`,
    clientId,
    clock,
    limit,
    holdMs: GLOBAL_EXPIRY_MS,
    giveUpMs: GLOBAL_EXPIRY_MS,
    leaseLimit: Math.ceil(limit / PORTIONS),
    patient: true,
  });

  const settleBucket = (route: Route, bucket: SharedBucket, place: Place, outcome: BucketOutcome) => {
    const { headers, succeeded, blockMs } = outcome;
    const nowMs = clock.monotonicMs();
    if (headers !== undefined && headers.hash !== bucket.hash) {
      // A request that finds a route's bucket out is over only when its place is taken there.
      void buckets.move(route, headers, blockMs).finally(() => {
        place.end({}, { untilMs: bucket.resetAtMs });
        bucket.turnstile.look();
      });
      return;
    }
    if (headers !== undefined) {
      bucket.resetAtMs = Math.max(bucket.resetAtMs, nowMs + headers.resetAfterMs + RESET_MARGIN_MS);
      bucket.turnstile.width = headers.limit;
    }
    bucket.turnstile.look();
    const isFree = headers === undefined && succeeded && bucket.hash === undefined;
    if (isFree) buckets.remember(route, null);
    const news = headers === undefined ? {} : newsOf(headers);
    place.end({ ...news, blockMs, ...(isFree ? { bucket: null } : {}) }, { untilMs: bucket.resetAtMs });
  };
  const ticketOf = (route: Route, bucket: SharedBucket, place: Place, globalPlace: Place): Ticket => ({
    settle(outcome) {
      globalPlace.end({}, { untilMs: clock.monotonicMs() + GLOBAL_WINDOW_MS });
      settleBucket(route, bucket, place, outcome);
    },
  });

  /** Without a limit of its own, only this client's limiter watches the route, until an answer says otherwise. */
  const admitFree = async (route: Route, signal: AbortSignal | undefined): Promise<Ticket> => {
    const permit = await own.acquire(route, signal);
    let place: Place;
    try {
      place = (await global.acquire(signal)) as Place;
    } catch (error) {
      permit.settle({ succeeded: false });
      throw error;
    }
    return {
      settle({ headers, ...outcome }) {
        place.end({}, { untilMs: clock.monotonicMs() + GLOBAL_WINDOW_MS });
        permit.settle(outcome);
        if (headers !== undefined) void buckets.move(route, headers, outcome.blockMs);
      },
    };
  };

  const onRefusal = (
    route: Route,
    { places, turnstile, hash }: SharedBucket,
    refusal: Refusal,
    { limitMs, isUnknown }: Patience,
  ) => {
    const { waitMs, isGuess, bucket } = refusal;
    if (bucket !== undefined && hash === undefined) return buckets.remember(route, bucket);
    if (isGuess && waitMs > limitMs && isUnknown()) throw new WaitTooLong(undefined);
    if (waitMs <= waitLimitMs) return turnstile.shut(waitMs, isGuess);
    const error = new WaitTooLong(Math.max(waitMs, places.waitMs));
    turnstile.fail(error);
    throw error;
  };

  /** Asks for both places: at the same time where nothing waits, so that it takes one round trip; else for the scarcer one first. */
  const askBoth = async (bucket: SharedBucket, signal: AbortSignal | undefined) => {
    const early = global.size === 0 ? bucket.places.acquire(signal) : undefined;
    // It is awaited below; should the other fail before, this one is given back.
    early?.catch(() => {});
    try {
      const globalPlace = (await global.acquire(signal)) as Place;
      try {
        const result = await (early ?? bucket.places.acquire(signal));
        if (!isPlace(result)) globalPlace.giveBack();
        return { globalPlace, result };
      } catch (error) {
        globalPlace.giveBack();
        throw error;
      }
    } catch (error) {
      void early?.then((result) => isPlace(result) && result.giveBack()).catch(() => {});
      throw error;
    }
  };

  return {
    tryAdmit: (route) => (route.hasToken ? own.tryAcquire(route) : undefined),
    async admit(route, signal) {
      if (route.hasToken) return own.acquire(route, signal);
      const sinceMs = clock.monotonicMs();
      for (;;) {
        const bucket = buckets.of(route);
        if (bucket === null) return admitFree(route, signal);
        const patience = {
          clock,
          limitMs: Math.max(0, sinceMs + waitLimitMs - clock.monotonicMs()),
          // Until the route's bucket is found out, by this process or another.
          isUnknown: () => bucket.hash === undefined && buckets.of(route) === bucket,
        };
        await bucket.turnstile.enter(signal, patience.isUnknown() ? patience : undefined);
        try {
          // The bucket may have been found out while this waited.
          if (buckets.of(route) !== bucket) continue;
          const { globalPlace, result } = await askBoth(bucket, signal);
          if (isPlace(result)) return ticketOf(route, bucket, result, globalPlace);
          onRefusal(route, bucket, result, patience);
        } finally {
          bucket.turnstile.leave();
        }
      }
    },
    block: (durationMs) => void global.report({ blockMs: durationMs }),
    waitMs(route) {
      const bucket = route.hasToken ? null : buckets.of(route);
      return bucket === null ? own.waitMs(route) : Math.max(bucket.turnstile.waitMs, bucket.places.waitMs);
    },
    close(error) {
      own.close(error);
      global.close(error);
      for (const { places, turnstile } of buckets.all()) {
        places.close(error);
        turnstile.fail(error);
      }
    },
    async flush() {
      await Promise.all([global.flush(), ...Array.from(buckets.all(), ({ places }) => places.flush())]);
    },
    get blockedMs() {
      return global.waitMs;
    },
    get bucketCount() {
      return buckets.size + own.bucketCount;
    },
    get waitingForBucket() {
      let waiting = own.waiting;
      for (const { places, turnstile } of buckets.all()) waiting += places.size + turnstile.size;
      return waiting;
    },
    get waitingForGlobal() {
      return global.size;
    },
  };
}

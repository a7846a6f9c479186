import { createHash } from "node:crypto";
import type { Clock } from "@antiphon/std";
import type { InvalidRequestLimit } from "./invalid-requests.ts";

/** How many requests a bucket lets through in one window. */
export interface BucketLimit {
  /** Requests in one window; at least 1. */
  readonly limit: number;
  /** How long a window lasts from its first request, in milliseconds. */
  readonly windowMs: number;
}

/** How strict the simulated HTTP API is. */
export interface RateLimitOptions {
  /** False sends the headers, but refuses nothing. Defaults to true. */
  readonly enforce?: boolean | undefined;
  /** Requests in one second for one application, or one address without a token; interaction routes are exempt. Defaults to 50. */
  readonly globalPerSecond?: number | undefined;
  /** How many requests with 401, 403 or 429 shut an address out. Defaults to Discord's 10,000 in ten minutes. */
  readonly invalidRequests?: InvalidRequestLimit | undefined;
  /** Limits by route, such as `POST /channels/:channelId/messages`, in place of the simulator's. */
  readonly routes?: Readonly<Record<string, BucketLimit>> | undefined;
}

/** Where one request counts. */
export interface LimitedRequest {
  /** `METHOD /path/:pattern`. */
  readonly routeId: string;
  /** The channel, guild or webhook of the path. */
  readonly majorId: string;
  /** The application, or the address. */
  readonly caller: string;
  readonly isExemptFromGlobal: boolean;
  readonly limit: BucketLimit | undefined;
}

/** What the limiter says to one request. */
export interface LimitVerdict {
  readonly headers: Readonly<Record<string, string>>;
  /** The body of the 429; undefined lets the request pass. */
  readonly refusal: { readonly message: string; readonly retry_after: number; readonly global: boolean } | undefined;
}

interface Bucket {
  used: number;
  readonly resetAtMs: number;
}

/** What routes allow when they say nothing else: reading is cheap, writing is not. */
const DEFAULT_READ: BucketLimit = { limit: 30, windowMs: 10_000 };
const DEFAULT_WRITE: BucketLimit = { limit: 5, windowMs: 5_000 };
/** How many buckets are kept before those that have reset are thrown out. */
const SWEEP_AT = 1_000;

/**
 * Counts requests in fixed windows, as Discord does.
 *
 * @see [Discord Docs/Rate Limits]
 */
export function createRateLimiter(
  clock: Clock,
  options: RateLimitOptions = {},
): (request: LimitedRequest) => LimitVerdict {
  const { enforce = true, globalPerSecond = 50, routes = {} } = options;
  const buckets = new Map<string, Bucket>();

  const open = (key: string, windowMs: number): Bucket => {
    const nowMs = clock.now();
    const existing = buckets.get(key);
    if (existing !== undefined && existing.resetAtMs > nowMs) return existing;
    if (buckets.size > SWEEP_AT)
      for (const [other, bucket] of buckets) if (bucket.resetAtMs <= nowMs) buckets.delete(other);
    const bucket = { used: 0, resetAtMs: nowMs + windowMs };
    buckets.set(key, bucket);
    return bucket;
  };

  return ({ routeId, majorId, caller, isExemptFromGlobal, limit: own }) => {
    const nowMs = clock.now();
    if (!isExemptFromGlobal) {
      const global = open(`global ${caller}`, 1000);
      global.used++;
      if (enforce && global.used > globalPerSecond) return refuseGlobally((global.resetAtMs - nowMs) / 1000);
    }
    const { limit, windowMs } = routes[routeId] ?? own ?? (routeId.startsWith("GET ") ? DEFAULT_READ : DEFAULT_WRITE);
    const bucket = open(`${routeId} ${majorId} ${caller}`, windowMs);
    const isRefused = bucket.used >= limit;
    if (!isRefused) bucket.used++;
    const resetAfterS = (bucket.resetAtMs - nowMs) / 1000;
    const headers = {
      "X-RateLimit-Limit": String(limit),
      "X-RateLimit-Remaining": String(limit - bucket.used),
      "X-RateLimit-Reset": (bucket.resetAtMs / 1000).toFixed(3),
      "X-RateLimit-Reset-After": resetAfterS.toFixed(3),
      "X-RateLimit-Bucket": createHash("md5").update(routeId).digest("hex"),
    };
    if (!isRefused || !enforce) return { headers, refusal: undefined };
    return {
      headers: { ...headers, "X-RateLimit-Scope": "user", "Retry-After": String(Math.ceil(resetAfterS)) },
      refusal: { message: "You are being rate limited.", retry_after: resetAfterS, global: false },
    };
  };
}

function refuseGlobally(resetAfterS: number): LimitVerdict {
  return {
    headers: {
      "X-RateLimit-Global": "true",
      "X-RateLimit-Scope": "global",
      "Retry-After": String(Math.ceil(resetAfterS)),
    },
    refusal: { message: "You are being rate limited.", retry_after: resetAfterS, global: true },
  };
}

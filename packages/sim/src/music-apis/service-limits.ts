import type { Clock } from "@antiphon/std";
import { lastfmError } from "./lastfm-api.ts";
import { musicbrainzTooFast } from "./musicbrainz-api.ts";
import type { MusicService, ServiceAnswer } from "./service-exchange.ts";

/** How many requests a service takes. */
export interface ServiceLimit {
  /** The most requests in any window. */
  readonly limit: number;
  /** The length of the window, in milliseconds. */
  readonly windowMs: number;
}

/** Something that a client did and the real service forbids. */
export interface MusicViolation {
  /** Whose rule it is. */
  readonly service: MusicService;
  /** Which rule: too many requests, back before the time that was asked for, no name of the client, or a wrong key. */
  readonly rule: "rate" | "retryAfter" | "userAgent";
  /** What happened, for a person. */
  readonly message: string;
  /** When, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/**
 * What the services state of themselves: MusicBrainz one request a second, Last.fm about five. The others publish no figure; these are
 * what they have been seen to allow.
 */
export const defaultServiceLimits: Readonly<Record<MusicService, ServiceLimit>> = {
  lastfm: { limit: 5, windowMs: 1_000 },
  musicbrainz: { limit: 1, windowMs: 1_000 },
  listenbrainz: { limit: 30, windowMs: 10_000 },
  cyanite: { limit: 10, windowMs: 1_000 },
  spotify: { limit: 90, windowMs: 30_000 },
};

/** Keeps the limits of one service. */
export interface LimitBook {
  /** Lets a request in, or says what the service answers instead. */
  admit(): ServiceAnswer | undefined;
  /** From now on for so long every request is one too early, in milliseconds. */
  hold(durationMs: number): void;
  /** The headers by which ListenBrainz tells where a client stands. */
  headers(): Readonly<Record<string, string>>;
}

/** Builds a {@link LimitBook}. */
export function createLimitBook(
  service: MusicService,
  { limit, windowMs }: ServiceLimit,
  clock: Clock,
  report: (violation: MusicViolation) => void,
): LimitBook {
  const admittedMs: number[] = [];
  let heldUntilMs = Number.NEGATIVE_INFINITY;
  const forget = (nowMs: number) => {
    while (admittedMs[0] !== undefined && admittedMs[0] <= nowMs - windowMs) admittedMs.shift();
  };
  const resetSeconds = () => Math.ceil(Math.max(0, (admittedMs[0] ?? 0) + windowMs - clock.monotonicMs()) / 1_000);
  const refuse = (rule: MusicViolation["rule"], message: string): ServiceAnswer => {
    report({ service, rule, message, atMs: clock.now() });
    return tooMany(service, Math.max(1, resetSeconds()));
  };
  return {
    admit() {
      const nowMs = clock.monotonicMs();
      forget(nowMs);
      if (nowMs < heldUntilMs)
        return refuse("retryAfter", `back ${Math.ceil(heldUntilMs - nowMs)} ms before it was asked to`);
      if (admittedMs.length >= limit) return refuse("rate", `more than ${limit} requests in ${windowMs} ms`);
      admittedMs.push(nowMs);
      return undefined;
    },
    hold: (durationMs) => void (heldUntilMs = clock.monotonicMs() + durationMs),
    headers() {
      if (service !== "listenbrainz") return {};
      forget(clock.monotonicMs());
      return {
        "X-RateLimit-Limit": String(limit),
        "X-RateLimit-Remaining": String(limit - admittedMs.length),
        "X-RateLimit-Reset-In": String(resetSeconds()),
      };
    },
  };
}

/** How each service says that it was asked too often. */
export function tooMany(service: MusicService, retryAfterSeconds: number): ServiceAnswer {
  const headers = { "Retry-After": String(retryAfterSeconds) };
  switch (service) {
    case "lastfm":
      return lastfmError(29);
    case "musicbrainz":
      return musicbrainzTooFast;
    case "listenbrainz": {
      const body = { code: 429, error: "You have exceeded your rate limit. See the X-RateLimit-* headers." };
      return {
        status: 429,
        headers: { "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-In": String(retryAfterSeconds) },
        body,
      };
    }
    case "cyanite":
      return { status: 429, headers, body: { errors: [{ message: "Too many requests" }] } };
    case "spotify":
      return { status: 429, headers, body: { error: { status: 429, message: "API rate limit exceeded" } } };
  }
}

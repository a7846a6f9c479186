/** Headers of an HTTP answer by lower-case name, as undici gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What Discord says about a bucket. */
export interface BucketHeaders {
  /** The hash that routes of the same bucket share. */
  readonly hash: string;
  readonly limit: number;
  readonly remaining: number;
  /** From the moment the answer was made. */
  readonly resetAfterMs: number;
}

/** What a 429 says. */
export interface RateLimitAnswer {
  readonly scope: "global" | "shared" | "user";
  readonly retryAfterMs: number;
}

/** When a 429 does not say how long to wait. */
const DEFAULT_RETRY_AFTER_MS = 5_000;

/** The longest wait that a header can ask for; more is taken for a mistake. */
const MAXIMUM_WAIT_MS = 24 * 60 * 60 * 1_000;

/** One header, or undefined. */
export function headerOf(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** A header of seconds in milliseconds; undefined when it is missing or no sensible number. */
function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const seconds = Number(text);
  return seconds >= 0 ? Math.min(MAXIMUM_WAIT_MS, seconds * 1_000) : undefined;
}

/** How long `Retry-After` asks to wait, in milliseconds. */
export function retryAfterOf(headers: ResponseHeaders): number | undefined {
  return secondsOf(headerOf(headers, "retry-after"));
}

/** Reads the bucket headers; undefined when the answer has none or they make no sense. */
export function readBucketHeaders(headers: ResponseHeaders): BucketHeaders | undefined {
  const hash = headerOf(headers, "x-ratelimit-bucket");
  if (hash === undefined) return undefined;
  const limit = Number(headerOf(headers, "x-ratelimit-limit"));
  const remaining = Number(headerOf(headers, "x-ratelimit-remaining"));
  const resetAfterMs = secondsOf(headerOf(headers, "x-ratelimit-reset-after"));
  if (!(limit >= 1) || !(remaining >= 0) || resetAfterMs === undefined) return undefined;
  return { hash, limit, remaining, resetAfterMs };
}

/** Reads a 429; `body` is its JSON, or undefined. */
export function readRateLimit(headers: ResponseHeaders, body: unknown): RateLimitAnswer {
  const json: { readonly retry_after?: unknown; readonly global?: unknown } | undefined =
    typeof body === "object" && body !== null ? body : undefined;
  const scope = headerOf(headers, "x-ratelimit-scope");
  // The body is more exact than the header, which is in whole seconds.
  const fromBody = typeof json?.retry_after === "number" ? secondsOf(String(json.retry_after)) : undefined;
  const retryAfterMs = fromBody ?? retryAfterOf(headers) ?? DEFAULT_RETRY_AFTER_MS;
  // A 429 without Discord's JSON comes from the firewall in front of it, and holds for everything.
  const isGlobal = headerOf(headers, "x-ratelimit-global") !== undefined || json?.global === true || json === undefined;
  if (isGlobal) return { scope: "global", retryAfterMs };
  return { scope: scope === "shared" ? "shared" : "user", retryAfterMs };
}

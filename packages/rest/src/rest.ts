import { createRequire } from "node:module";
import { Pool, type Dispatcher } from "undici";
import type { RestMethod, RestRequestOptions, RestTransport } from "@antiphon/protocol/discord";
import {
  createBackoff,
  createEmitter,
  createSecret,
  describeError,
  isAntiphonError,
  silentLogger,
  systemClock,
  systemRandom,
  type Backoff,
  type Clock,
  type EventSource,
  type Logger,
  type Random,
  type Secret,
} from "@antiphon/std";
import { createGlobalLimiter } from "./global-limiter.ts";
import { createInvalidRequestBudget } from "./invalid-request-budget.ts";
import { prepareRequest, type PreparedRequest } from "./prepared-request.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { readBucketHeaders, readRateLimit, retryAfterOf, type RateLimitAnswer } from "./rate-limit-headers.ts";
import { httpError, RestError } from "./rest-error.ts";
import type { RestEvent } from "./rest-event.ts";
import type { RestStats } from "./rest-stats.ts";
import { resolveRoute, type Route } from "./route.ts";
import { createSender, type Answer } from "./sender.ts";

/** Options of {@link createRest}. */
export interface RestOptions {
  /** The bot's token, without `Bot `. Without it only requests with `authenticate: false` work. */
  readonly token?: string | Secret | undefined;
  /** The API's address without the version. Defaults to `https://discord.com/api`. */
  readonly api?: string | undefined;
  /** The API's version. Defaults to 10. */
  readonly version?: number | undefined;
  /** What follows the library's own name in the User-Agent, such as the bot's name and version. */
  readonly userAgentSuffix?: string | undefined;
  /** The most sockets that are open at once. Defaults to 64. */
  readonly connections?: number | undefined;
  /** How long one attempt may take, from its first byte to the answer's last. Defaults to 30,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** How often a request that may be repeated is sent again after a 5xx or a network failure. Defaults to 3. */
  readonly retries?: number | undefined;
  /** Discord's limit over all routes; larger for very large bots. Defaults to 50. */
  readonly globalRequestsPerSecond?: number | undefined;
  /** A call that would have to wait longer than this for a rate limit fails at once. Defaults to 60,000 ms. */
  readonly rateLimitWaitLimitMs?: number | undefined;
  /** After this many 401, 403 and 429 in ten minutes nothing is sent; Discord bans at 10,000. Defaults to 9,000. */
  readonly invalidRequestLimit?: number | undefined;
  /** The most calls that are pending at once. Defaults to 10,000. */
  readonly pendingLimit?: number | undefined;
  /** Give messages a nonce, so that they can be sent again without appearing twice. Defaults to true. */
  readonly enforceNonce?: boolean | undefined;
  /** An undici dispatcher to use instead of an own pool, such as a ProxyAgent; the caller closes it. */
  readonly dispatcher?: Dispatcher | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
}

/** Discord's HTTP API within its rate limits. */
export interface Rest extends RestTransport, EventSource<RestEvent>, AsyncDisposable {
  /**
   * Sends one request and gives its decoded JSON, or undefined for 204. `path` starts with `/`, is relative to the API's root,
   * and has its parts URL-encoded.
   *
   * @throws RestError REST_HTTP_ERROR, REST_UNAUTHORIZED, REST_RATE_LIMITED, REST_TIMED_OUT, REST_NETWORK_FAILED,
   * REST_INVALID_REQUEST, REST_INVALID_RESPONSE, REST_INVALID_REQUEST_BUDGET_SPENT, REST_QUEUE_FULL, REST_CLOSED; or the
   * signal's reason
   */
  request<Result = unknown>(method: RestMethod, path: string, options?: RestRequestOptions): Promise<Result>;
  /** Counters, for a dashboard or a test. */
  getStats(): RestStats;
  /**
   * Rejects what has not been sent, waits for what has, closes the sockets; idempotent. When the signal aborts, the sockets are
   * cut.
   */
  close(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/** A 429 although the limits were kept happens, for others use the token too; this often in a row, something is wrong. */
const RATE_LIMITED_ATTEMPTS = 5;

const MAXIMUM_ANSWER_BYTES = 64 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;

const { version: packageVersion } = createRequire(import.meta.url)("../package.json") as { readonly version: string };
const USER_AGENT = `DiscordBot (https://www.npmjs.com/package/@antiphon/rest, ${packageVersion})`;

function checkOptions(options: RestOptions): URL {
  const reject = (option: string, value: unknown, rule: string): never => {
    throw new RestError("REST_INVALID_OPTIONS", `createRest: ${option} must be ${rule}, not ${String(value)}.`);
  };
  const atLeast = (option: keyof RestOptions, minimum: number) => {
    const value = options[option];
    if (value === undefined || (typeof value === "number" && value >= minimum)) return;
    reject(option, value, `a number from ${minimum}`);
  };
  atLeast("version", 1);
  atLeast("connections", 1);
  atLeast("timeoutMs", 1);
  atLeast("retries", 0);
  atLeast("globalRequestsPerSecond", 1);
  atLeast("rateLimitWaitLimitMs", 0);
  atLeast("invalidRequestLimit", 1);
  atLeast("pendingLimit", 1);
  const api = options.api ?? "https://discord.com/api";
  const url = URL.canParse(api) ? new URL(api) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return reject("api", api, "an http or https URL");
  return url;
}

function secretOf(token: string | Secret | undefined): Secret | undefined {
  return typeof token === "string" ? createSecret(token) : token;
}

function isServerFault(status: number): boolean {
  // 520 to 524 are Cloudflare's names for a server behind it that fails.
  return status === 500 || (status >= 502 && status <= 504) || (status >= 520 && status <= 524);
}

/** Builds a {@link Rest}; no connection is opened before the first request. Throws a RestError REST_INVALID_OPTIONS. */
export function createRest(options: RestOptions = {}): Rest {
  const api = checkOptions(options);
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const { retries = 3, rateLimitWaitLimitMs = 60_000, pendingLimit = 10_000, timeoutMs = 30_000 } = options;
  const token = secretOf(options.token);
  const pool =
    options.dispatcher === undefined
      ? new Pool(api.origin, {
          connections: options.connections ?? 64,
          connect: { timeout: CONNECT_TIMEOUT_MS },
          maxResponseSize: MAXIMUM_ANSWER_BYTES,
          // The sender's own timer bounds the whole attempt.
          headersTimeout: 0,
          bodyTimeout: 0,
        })
      : undefined;
  const send = createSender({
    dispatcher: options.dispatcher ?? (pool as Dispatcher),
    origin: api.origin,
    basePath: `${api.pathname.replace(/\/+$/, "")}/v${options.version ?? 10}`,
    timeoutMs,
    clock,
  });
  const limiter = createRateLimiter(clock);
  const global = createGlobalLimiter(options.globalRequestsPerSecond ?? 50, clock);
  const budget = createInvalidRequestBudget(options.invalidRequestLimit ?? 9_000, clock);
  const emitter = createEmitter<RestEvent>();
  const stopping = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  let inFlight = 0;
  const counters = { requests: 0, retries: 0, rateLimited: 0, sharedRateLimited: 0, failures: 0 };
  const userAgent = options.userAgentSuffix === undefined ? USER_AGENT : `${USER_AGENT} ${options.userAgentSuffix}`;

  const rateLimitedError = (method: RestMethod, route: Route, scope: string, retryAfterMs: number) =>
    new RestError(
      "REST_RATE_LIMITED",
      `${method} ${route.redactedPath} is rate limited (${scope}) for another ${Math.ceil(retryAfterMs)} ms; call it less often, or later.`,
      { retryable: true, severity: "warning", details: { method, path: route.redactedPath, scope, retryAfterMs } },
    );

  const checkLimits = (method: RestMethod, route: Route) => {
    const banMs = budget.waitMs;
    if (banMs > 0) {
      throw new RestError(
        "REST_INVALID_REQUEST_BUDGET_SPENT",
        `${method} ${route.redactedPath} was not sent: ${budget.spent} requests of the last ten minutes were answered with 401, 403 or 429, and Discord bans at 10,000. Sending goes on in ${Math.ceil(banMs / 1_000)} s; find out what is refused.`,
        { retryable: true, severity: "critical", details: { method, path: route.redactedPath, waitMs: banMs } },
      );
    }
    const globalMs = route.hasToken ? 0 : global.blockedMs;
    const waitMs = Math.max(globalMs, limiter.waitMs(route));
    if (waitMs > rateLimitWaitLimitMs) {
      throw rateLimitedError(method, route, waitMs === globalMs ? "global" : "user", waitMs);
    }
  };

  const noteRateLimit = (method: RestMethod, path: string, answer: Answer): RateLimitAnswer => {
    const rateLimit = readRateLimit(answer.headers, answer.body);
    counters.rateLimited++;
    if (rateLimit.scope === "shared") counters.sharedRateLimited++;
    else budget.spend();
    if (rateLimit.scope === "global") global.block(rateLimit.retryAfterMs);
    logger.warn("Rate limited.", { method, path, ...rateLimit });
    emitter.emit({ type: "rateLimited", method, path, ...rateLimit });
    return rateLimit;
  };

  /** One attempt: waits for its turn, sends, and tells the limiters what came of it. */
  const attempt = async (request: PreparedRequest, route: Route, signal: AbortSignal | undefined) => {
    const permit = await limiter.acquire(route, signal);
    let answer: Answer | undefined;
    let rateLimit: RateLimitAnswer | undefined;
    try {
      const place = route.hasToken ? undefined : await global.acquire(signal);
      counters.requests++;
      inFlight++;
      try {
        answer = await send(request, route.redactedPath, signal);
      } finally {
        inFlight--;
        place?.release();
      }
      if (answer.status === 429) rateLimit = noteRateLimit(request.method, route.redactedPath, answer);
      else if (answer.status === 401 || answer.status === 403) budget.spend();
      return { answer, rateLimit };
    } finally {
      permit.settle({
        headers: answer && readBucketHeaders(answer.headers),
        succeeded: answer !== undefined && answer.status < 300,
        blockMs: rateLimit === undefined || rateLimit.scope === "global" ? undefined : rateLimit.retryAfterMs,
      });
    }
  };

  const pause = async (request: PreparedRequest, route: Route, backoff: Backoff, atLeastMs: number, problem: string, signal: AbortSignal | undefined) => {
    const delayMs = Math.max(backoff.delayMs, atLeastMs);
    const { method } = request;
    counters.retries++;
    emitter.emit({ type: "retry", method, path: route.redactedPath, attempt: backoff.attempt + 1, delayMs, problem });
    const either = signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal]);
    await clock.sleep(delayMs, { signal: either });
  };

  const decode = (request: PreparedRequest, route: Route, { status, body, unreadable }: Answer): unknown => {
    if (status >= 200 && status < 300 && !unreadable) return body;
    const failed = { method: request.method, path: route.redactedPath };
    if (status < 200 || status >= 300) throw httpError(failed, status, body);
    const message = `${failed.method} ${failed.path} was answered with ${status} and a body that is not JSON.`;
    throw new RestError("REST_INVALID_RESPONSE", message, { details: { ...failed, status } });
  };

  const perform = async (request: PreparedRequest, route: Route, signal: AbortSignal | undefined): Promise<unknown> => {
    let backoff = createBackoff({ random });
    let rateLimitedTimes = 0;
    for (;;) {
      if (stopping.signal.aborted) throw stopping.signal.reason;
      checkLimits(request.method, route);
      const mayRepeat = backoff.attempt < retries && !stopping.signal.aborted;
      let result: Awaited<ReturnType<typeof attempt>>;
      try {
        result = await attempt(request, route, signal);
      } catch (error) {
        const isFailure = isAntiphonError(error, "REST_NETWORK_FAILED") || isAntiphonError(error, "REST_TIMED_OUT");
        if (!mayRepeat || !isFailure || !error.retryable) throw error;
        await pause(request, route, backoff, 0, describeError(error), signal);
        backoff = backoff.next();
        continue;
      }
      const { answer, rateLimit } = result;
      if (rateLimit !== undefined) {
        rateLimitedTimes++;
        const { scope, retryAfterMs } = rateLimit;
        const hopeless = rateLimitedTimes >= RATE_LIMITED_ATTEMPTS || retryAfterMs > rateLimitWaitLimitMs;
        if (hopeless) throw rateLimitedError(request.method, route, scope, retryAfterMs);
        // The limiters now know how long to wait.
        continue;
      }
      const retryAfterMs = retryAfterOf(answer.headers) ?? 0;
      const repeat = mayRepeat && request.repeatable && isServerFault(answer.status) && retryAfterMs <= rateLimitWaitLimitMs;
      if (!repeat) return decode(request, route, answer);
      await pause(request, route, backoff, retryAfterMs, `HTTP ${answer.status}`, signal);
      backoff = backoff.next();
    }
  };

  const closedError = () => new RestError("REST_CLOSED", "This REST client is closed; create a new one.");

  const start = async (method: RestMethod, path: string, requestOptions: RestRequestOptions): Promise<unknown> => {
    if (closing !== undefined) throw closedError();
    if (underWay.size >= pendingLimit) {
      const message = `${method} request: ${pendingLimit} calls are already pending; send less, or raise pendingLimit.`;
      throw new RestError("REST_QUEUE_FULL", message, { retryable: true, details: { pendingLimit } });
    }
    const request = prepareRequest(method, path, requestOptions, {
      userAgent,
      authorization: token === undefined ? undefined : `Bot ${token.reveal()}`,
      enforceNonce: options.enforceNonce ?? true,
      random,
    });
    const call = perform(request, resolveRoute(method, request.path, clock.now()), requestOptions.signal);
    underWay.add(call);
    try {
      return await call;
    } finally {
      underWay.delete(call);
    }
  };

  const close = async (signal: AbortSignal | undefined) => {
    const error = closedError();
    limiter.close(error);
    global.close(error);
    stopping.abort(error);
    const cut = () => void pool?.destroy();
    if (signal?.aborted === true) cut();
    signal?.addEventListener("abort", cut, { once: true });
    await Promise.allSettled([...underWay]);
    signal?.removeEventListener("abort", cut);
    if (pool !== undefined && !pool.destroyed) await pool.close();
    emitter.close();
  };

  const rest: Rest = {
    on: emitter.on,
    events: emitter.events,
    async request<Result>(method: RestMethod, path: string, requestOptions: RestRequestOptions = {}): Promise<Result> {
      try {
        return (await start(method, path, requestOptions)) as Result;
      } catch (error) {
        counters.failures++;
        throw error;
      }
    },
    getStats: () => ({
      ...counters,
      invalidRequests: budget.spent,
      pending: underWay.size,
      inFlight,
      waitingForBucket: limiter.waiting,
      waitingForGlobal: global.waiting,
      buckets: limiter.bucketCount,
      droppedEvents: emitter.dropped,
      pool: pool && {
        connected: pool.stats.connected,
        free: pool.stats.free,
        running: pool.stats.running,
        pending: pool.stats.pending,
      },
    }),
    close({ signal } = {}) {
      closing ??= close(signal);
      return closing;
    },
    [Symbol.asyncDispose]: () => rest.close(),
  };
  return rest;
}

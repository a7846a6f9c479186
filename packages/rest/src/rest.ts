import type { RestMethod, RestRequestOptions, RestTransport } from "@antiphon/protocol/discord";
import {
  createEmitter,
  createSecret,
  silentLogger,
  systemClock,
  systemRandom,
  withSignal,
  type Clock,
  type EventSource,
  type Secret,
} from "@antiphon/std";
import { createOwnAdmission, type Admission } from "./admission.ts";
import { createAttempts } from "./attempt.ts";
import { createCalls } from "./call.ts";
import { createConnectionPool, type ConnectionPool } from "./connection-pool.ts";
import { createGlobalLimiter } from "./global-limiter.ts";
import { createInvalidRequestBudget } from "./invalid-request-budget.ts";
import { prepareRequest, type RequestDefaults } from "./prepared-request.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { RestError } from "./rest-error.ts";
import type { RestEvent } from "./rest-event.ts";
import { checkOptions, type RestOptions } from "./rest-options.ts";
import type { RestStats } from "./rest-stats.ts";
import { createRouteResolver } from "./route.ts";
import { createSharedAdmission } from "./shared-admission.ts";
import { createSender } from "./sender.ts";

/** Discord's HTTP API within its rate limits. */
export interface Rest extends RestTransport, EventSource<RestEvent>, AsyncDisposable {
  /**
   * Sends one request and gives its decoded JSON, or undefined for 204. `path` starts with `/`, is relative to the API's root,
   * and has its parts URL-encoded.
   *
   * @throws RestError REST_HTTP_ERROR, REST_UNAUTHORIZED, REST_RATE_LIMITED, REST_TIMED_OUT, REST_NETWORK_FAILED,
   * REST_INVALID_REQUEST, REST_INVALID_RESPONSE, REST_INVALID_REQUEST_BUDGET_SPENT, REST_QUEUE_FULL, REST_CLOSED,
   * REST_FILE_FAILED, REST_FILE_NOT_REPLAYABLE, REST_UPLOAD_TOO_LARGE; or the signal's reason
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

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_WAIT_LIMIT_MS = 60_000;

/** Put there by the build, so that a bundle of somebody's needs no file beside it; the sources have none. */
declare const ANTIPHON_PACKAGE_VERSION: string | undefined;
const packageVersion = typeof ANTIPHON_PACKAGE_VERSION === "string" ? ANTIPHON_PACKAGE_VERSION : "0.0.0";
const USER_AGENT = `DiscordBot (https://www.npmjs.com/package/@antiphon/rest, ${packageVersion})`;

function secretOf(token: string | Secret | undefined): Secret | undefined {
  // A token that was read from a file ends with its line.
  return typeof token === "string" ? createSecret(token.trim()) : token;
}

function givenPool({ connectionPool }: RestOptions): ConnectionPool | undefined {
  return connectionPool !== undefined && "acquire" in connectionPool ? connectionPool : undefined;
}

/** The pool that belongs to this client; undefined when it was given something else to send with. */
function openPool(options: RestOptions, clock: Clock): ConnectionPool | undefined {
  const { connectionPool = {}, dispatcher } = options;
  if (dispatcher !== undefined || "acquire" in connectionPool) return undefined;
  return createConnectionPool({ clock, acquireTimeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, ...connectionPool });
}

/** The limits of this process alone, or those that it keeps together with others. */
function createAdmission(options: RestOptions, token: Secret | undefined, clock: Clock): Admission {
  const {
    sharedLimiter,
    globalRequestsPerSecond = 50,
    rateLimitWaitLimitMs: waitLimitMs = DEFAULT_WAIT_LIMIT_MS,
  } = options;
  if (sharedLimiter === undefined)
    return createOwnAdmission(
      createRateLimiter(clock, waitLimitMs),
      createGlobalLimiter(globalRequestsPerSecond, clock),
    );
  return createSharedAdmission({ limiter: sharedLimiter, token, globalRequestsPerSecond, waitLimitMs, clock });
}

/** Builds a {@link Rest}; no connection is opened before the first request. Throws a RestError REST_INVALID_OPTIONS. */
export function createRest(options: RestOptions = {}): Rest {
  const api = checkOptions(options);
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const { pendingLimit = 10_000, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const token = secretOf(options.token);
  const ownPool = openPool(options, clock);
  const pool = ownPool ?? givenPool(options);
  const send = createSender({
    connections: options.dispatcher ?? (pool as ConnectionPool),
    origin: api.origin,
    basePath: `${api.pathname.replace(/\/+$/, "")}/v${options.version ?? 10}`,
    timeoutMs,
    clock,
  });
  const admission = createAdmission(options, token, clock);
  const budget = createInvalidRequestBudget(options.invalidRequestLimit ?? 9_000, clock);
  const attempts = createAttempts({ admission, budget, send, policies: options.policies ?? {} });
  const emitter = createEmitter<RestEvent>();
  const stopping = new AbortController();
  const calls = createCalls({
    attempts,
    admission,
    budget,
    retries: options.retries ?? 3,
    retryPolicies: options.retryPolicies ?? {},
    rateLimitWaitLimitMs: options.rateLimitWaitLimitMs ?? DEFAULT_WAIT_LIMIT_MS,
    stopping: stopping.signal,
    emit: emitter.emit,
    clock,
    random,
    logger,
  });
  const resolveRoute = createRouteResolver();
  let pending = 0;
  let onDrained: (() => void) | undefined;
  let closing: Promise<void> | undefined;
  let failures = 0;

  const closedError = () => new RestError("REST_CLOSED", "This REST client is closed; create a new one.");

  const defaults: RequestDefaults = {
    userAgent: options.userAgentSuffix === undefined ? USER_AGENT : `${USER_AGENT} ${options.userAgentSuffix}`,
    authorization: token === undefined ? undefined : `Bot ${token.reveal()}`,
    enforceNonce: options.enforceNonce ?? true,
    uploadLimitBytes: options.uploadLimitBytes ?? 100 * 1024 * 1024,
    random,
  };

  const queueFullError = (method: RestMethod) => {
    const message = `${method} request: ${pendingLimit} calls are already pending; send less, or raise pendingLimit.`;
    return new RestError("REST_QUEUE_FULL", message, { retryable: true, details: { pendingLimit } });
  };

  const close = async (signal: AbortSignal | undefined) => {
    const error = closedError();
    admission.close(error);
    stopping.abort(error);
    const cut = () => void ownPool?.close({ signal: AbortSignal.abort() });
    if (signal?.aborted === true) cut();
    signal?.addEventListener("abort", cut, { once: true });
    if (pending > 0) await new Promise<void>((resolve) => (onDrained = resolve));
    await withSignal(admission.flush(), signal).catch(() => {});
    signal?.removeEventListener("abort", cut);
    await ownPool?.close({ signal });
    emitter.close();
  };

  const rest: Rest = {
    on: emitter.on,
    events: emitter.events,
    async request<Result>(method: RestMethod, path: string, requestOptions: RestRequestOptions = {}): Promise<Result> {
      if (closing !== undefined || pending >= pendingLimit) {
        failures++;
        throw closing === undefined ? queueFullError(method) : closedError();
      }
      pending++;
      try {
        const request = prepareRequest(method, path, requestOptions, defaults);
        const route = resolveRoute(method, request.path, clock.now());
        return (await calls.perform(request, route, requestOptions.signal)) as Result;
      } catch (error) {
        failures++;
        throw error;
      } finally {
        pending--;
        if (pending === 0) onDrained?.();
      }
    },
    getStats: () => ({
      requests: attempts.sent,
      retries: calls.retries,
      rateLimited: calls.rateLimited,
      sharedRateLimited: calls.sharedRateLimited,
      failures,
      invalidRequests: budget.spent,
      pending,
      inFlight: attempts.inFlight,
      waitingForBucket: admission.waitingForBucket,
      waitingForGlobal: admission.waitingForGlobal,
      buckets: admission.bucketCount,
      droppedEvents: emitter.dropped,
      pool: pool?.getStats(),
    }),
    close({ signal } = {}) {
      closing ??= close(signal);
      return closing;
    },
    [Symbol.asyncDispose]: () => rest.close(),
  };
  return rest;
}

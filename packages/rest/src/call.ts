import type { RestMethod } from "@antiphon/protocol/discord";
import {
  abortReason,
  createBackoff,
  describeError,
  isAntiphonError,
  type Backoff,
  type Clock,
  type Logger,
  type Random,
} from "@antiphon/std";
import type { Admission, Ticket } from "./admission.ts";
import type { AttemptResult, Attempts } from "./attempt.ts";
import type { Answer } from "./exchange.ts";
import type { InvalidRequestBudget } from "./invalid-request-budget.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { retryAfterOf, type RateLimitAnswer } from "./rate-limit-headers.ts";
import { httpError, RestError } from "./rest-error.ts";
import type { RestEvent } from "./rest-event.ts";
import type { ByRouteClass, RetryPolicy } from "./route-class.ts";
import type { Route } from "./route.ts";
import { WaitTooLong } from "./waiting-line.ts";

/** Carries a request out: as many attempts as it takes, within the limits. */
export interface Calls {
  /** Gives the decoded body, or rejects with what the caller is told. */
  perform(request: PreparedRequest, route: Route, signal: AbortSignal | undefined): Promise<unknown>;
  /** Requests that were sent again after a 5xx or a network failure. */
  readonly retries: number;
  /** 429 received. */
  readonly rateLimited: number;
  /** Of them, those of scope `shared`. */
  readonly sharedRateLimited: number;
}

/** Options of {@link createCalls}. */
export interface CallsOptions {
  readonly attempts: Attempts;
  readonly admission: Admission;
  readonly budget: InvalidRequestBudget;
  readonly retries: number;
  readonly retryPolicies: ByRouteClass<RetryPolicy>;
  readonly rateLimitWaitLimitMs: number;
  /** Aborts with the error for calls that wait when the client closes. */
  readonly stopping: AbortSignal;
  readonly emit: (event: RestEvent) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A 429 although the limits were kept happens, for others use the token too; this often in a row, something is wrong. */
const RATE_LIMITED_ATTEMPTS = 5;

function isServerFault(status: number): boolean {
  // 520 to 524 are Cloudflare's names for a server behind it that fails.
  return status === 500 || (status >= 502 && status <= 504) || (status >= 520 && status <= 524);
}

const rateLimitedError = (method: RestMethod, route: Route, scope: string, retryAfterMs: number) =>
  new RestError(
    "REST_RATE_LIMITED",
    `${method} ${route.redactedPath} is rate limited (${scope}) for another ${Math.ceil(retryAfterMs)} ms; call it less often, or later.`,
    { retryable: true, severity: "warning", details: { method, path: route.redactedPath, scope, retryAfterMs } },
  );

/** The first request of a bucket finds its limit out, and this one would not wait for it any longer. */
const unknownLimitError = (method: RestMethod, { redactedPath: path }: Route, waitedMs: number) =>
  new RestError(
    "REST_RATE_LIMITED",
    `${method} ${path} has waited ${waitedMs} ms for the answer to an earlier request, which tells the limit; wait for that before you call again, or raise rateLimitWaitLimitMs.`,
    { retryable: true, severity: "warning", details: { method, path, scope: "user" } },
  );

const decode = (
  request: PreparedRequest,
  route: Route,
  { status, body, unreadable }: Answer,
  attempts: number,
): unknown => {
  if (status >= 200 && status < 300 && !unreadable) return body;
  const failed = { method: request.method, path: route.redactedPath, route: route.key, attempts };
  if (status < 200 || status >= 300) throw httpError(failed, status, body);
  const message = `${failed.method} ${failed.path} was answered with ${status} and a body that is not JSON.`;
  throw new RestError("REST_INVALID_RESPONSE", message, { details: { ...failed, status } });
};

/** A stream that was read cannot be sent again: rejects with that, and with `cause`, for which it would be. */
const checkReplayable = ({ method, body }: PreparedRequest, { redactedPath: path }: Route, cause: unknown): void => {
  if (body === null || typeof body !== "object" || !("spentFile" in body) || body.spentFile === undefined) return;
  const file = body.spentFile;
  const message = `${method} ${path} would be sent again, but the stream of the file ${JSON.stringify(file)} has been read; give bytes, a Blob, or a function that opens the stream. It failed because: ${describeError(cause)}`;
  throw new RestError("REST_FILE_NOT_REPLAYABLE", message, { retryable: true, details: { method, path, file }, cause });
};

/** Builds {@link Calls}. */
export function createCalls(options: CallsOptions): Calls {
  const {
    attempts,
    admission,
    budget,
    retries,
    retryPolicies,
    rateLimitWaitLimitMs,
    stopping,
    emit,
    clock,
    random,
    logger,
  } = options;
  const counters = { retries: 0, rateLimited: 0, sharedRateLimited: 0 };

  const checkBudget = (method: RestMethod, route: Route) => {
    const banMs = budget.waitMs;
    if (banMs === 0) return;
    throw new RestError(
      "REST_INVALID_REQUEST_BUDGET_SPENT",
      `${method} ${route.redactedPath} was not sent: ${budget.spent} requests of the last ten minutes were answered with 401, 403 or 429, and Discord bans at 10,000. Sending goes on in ${Math.ceil(banMs / 1_000)} s; find out what is refused.`,
      { retryable: true, severity: "critical", details: { method, path: route.redactedPath, waitMs: banMs } },
    );
  };

  const waitForTicket = async (method: RestMethod, route: Route, signal: AbortSignal | undefined): Promise<Ticket> => {
    const globalMs = route.hasToken ? 0 : admission.blockedMs;
    const waitMs = Math.max(globalMs, admission.waitMs(route));
    if (waitMs > rateLimitWaitLimitMs)
      throw rateLimitedError(method, route, waitMs === globalMs ? "global" : "user", waitMs);
    try {
      return await admission.admit(route, signal);
    } catch (error) {
      if (!(error instanceof WaitTooLong)) throw error;
      if (error.waitMs !== undefined) throw rateLimitedError(method, route, "user", error.waitMs);
      throw unknownLimitError(method, route, rateLimitWaitLimitMs);
    }
  };

  const noteRateLimit = (method: RestMethod, path: string, rateLimit: RateLimitAnswer) => {
    counters.rateLimited++;
    if (rateLimit.scope === "shared") counters.sharedRateLimited++;
    logger.warn("Rate limited.", { method, path, ...rateLimit });
    emit({ type: "rateLimited", method, path, ...rateLimit });
  };

  const pause = async (
    request: PreparedRequest,
    route: Route,
    backoff: Backoff,
    atLeastMs: number,
    problem: string,
    signal: AbortSignal | undefined,
  ) => {
    const delayMs = Math.max(backoff.delayMs, atLeastMs);
    const { method } = request;
    counters.retries++;
    emit({ type: "retry", method, path: route.redactedPath, attempt: backoff.attempt + 1, delayMs, problem });
    const either = signal === undefined ? stopping : AbortSignal.any([signal, stopping]);
    await clock.sleep(delayMs, { signal: either });
  };

  const firstBackoff = ({ baseMs, maximumMs }: RetryPolicy = {}) =>
    createBackoff({
      random,
      ...(baseMs === undefined ? {} : { baseMs }),
      ...(maximumMs === undefined ? {} : { maximumMs }),
    });

  const perform = async (request: PreparedRequest, route: Route, signal: AbortSignal | undefined): Promise<unknown> => {
    const policy = retryPolicies[route.routeClass];
    const limit = request.retries ?? policy?.retries ?? retries;
    /** Only there once something went wrong. */
    let backoff: Backoff | undefined;
    let rateLimitedTimes = 0;
    for (;;) {
      if (stopping.aborted) throw stopping.reason;
      if (signal?.aborted === true) throw abortReason(signal);
      checkBudget(request.method, route);
      const failures = backoff?.attempt ?? 0;
      const mayRepeat = failures < limit;
      const ticket = admission.tryAdmit(route) ?? (await waitForTicket(request.method, route, signal));
      let result: AttemptResult;
      try {
        result = await attempts.run(request, route, ticket, signal);
      } catch (error) {
        const isFailure = isAntiphonError(error, "REST_NETWORK_FAILED") || isAntiphonError(error, "REST_TIMED_OUT");
        if (!mayRepeat || !isFailure || !error.retryable) throw error;
        checkReplayable(request, route, error);
        backoff ??= firstBackoff(policy);
        await pause(request, route, backoff, 0, describeError(error), signal);
        backoff = backoff.next();
        continue;
      }
      const { answer, rateLimit } = result;
      if (rateLimit !== undefined) {
        rateLimitedTimes++;
        noteRateLimit(request.method, route.redactedPath, rateLimit);
        const { scope, retryAfterMs } = rateLimit;
        const hopeless = rateLimitedTimes >= RATE_LIMITED_ATTEMPTS || retryAfterMs > rateLimitWaitLimitMs;
        const error = rateLimitedError(request.method, route, scope, retryAfterMs);
        if (hopeless) throw error;
        checkReplayable(request, route, error);
        // The limiters now know how long to wait.
        continue;
      }
      const isFault = mayRepeat && request.repeatable && isServerFault(answer.status);
      const retryAfterMs = isFault ? (retryAfterOf(answer.headers) ?? 0) : 0;
      if (!isFault || retryAfterMs > rateLimitWaitLimitMs)
        return decode(request, route, answer, failures + rateLimitedTimes + 1);
      checkReplayable(
        request,
        route,
        httpError({ method: request.method, path: route.redactedPath }, answer.status, answer.body),
      );
      backoff ??= firstBackoff(policy);
      await pause(request, route, backoff, retryAfterMs, `HTTP ${answer.status}`, signal);
      backoff = backoff.next();
    }
  };

  return {
    perform,
    get retries() {
      return counters.retries;
    },
    get rateLimited() {
      return counters.rateLimited;
    },
    get sharedRateLimited() {
      return counters.sharedRateLimited;
    },
  };
}

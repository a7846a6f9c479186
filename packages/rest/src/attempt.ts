import type { BucketPermit, RateLimiter } from "./rate-limiter.ts";
import type { GlobalLimiter } from "./global-limiter.ts";
import type { InvalidRequestBudget } from "./invalid-request-budget.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { readBucketHeaders, readRateLimit, type RateLimitAnswer } from "./rate-limit-headers.ts";
import type { Route } from "./route.ts";
import type { Answer, Sender } from "./sender.ts";

/** What came of one attempt. */
export interface AttemptResult {
  readonly answer: Answer;
  /** Set when it was a 429. */
  readonly rateLimit: RateLimitAnswer | undefined;
}

/** Sends a request once, when it is its turn. */
export interface Attempts {
  /** Waits for the limits, sends, and tells the limiters what came of it; rejects as a {@link Sender} does. */
  run(request: PreparedRequest, route: Route, signal: AbortSignal | undefined): Promise<AttemptResult>;
  /** Requests sent so far. */
  readonly sent: number;
  /** Requests under way. */
  readonly inFlight: number;
}

/** Options of {@link createAttempts}. */
export interface AttemptsOptions {
  readonly limiter: RateLimiter;
  readonly global: GlobalLimiter;
  readonly budget: InvalidRequestBudget;
  readonly send: Sender;
}

/** Builds {@link Attempts}. */
export function createAttempts({ limiter, global, budget, send }: AttemptsOptions): Attempts {
  let sent = 0;
  let inFlight = 0;

  const sendInTurn = async (request: PreparedRequest, route: Route, signal: AbortSignal | undefined) => {
    const place = route.hasToken ? undefined : await global.acquire(signal);
    sent++;
    inFlight++;
    try {
      return await send(request, route.redactedPath, signal);
    } finally {
      inFlight--;
      place?.release();
    }
  };

  const judge = (answer: Answer, route: Route, permit: BucketPermit): AttemptResult => {
    const rateLimit = answer.status === 429 ? readRateLimit(answer.headers, answer.body) : undefined;
    const isInvalid = answer.status === 401 || answer.status === 403 || answer.status === 429;
    if (isInvalid && rateLimit?.scope !== "shared") budget.spend();
    const isGlobal = rateLimit?.scope === "global";
    if (isGlobal) global.block(rateLimit.retryAfterMs);
    permit.settle({
      headers: readBucketHeaders(answer.headers),
      succeeded: answer.status < 300,
      // Routes with a token of their own do not pass the global limiter, so their bucket has to wait.
      blockMs: isGlobal && !route.hasToken ? undefined : rateLimit?.retryAfterMs,
    });
    return { answer, rateLimit };
  };

  return {
    async run(request, route, signal) {
      const permit = await limiter.acquire(route, signal);
      let answer: Answer;
      try {
        answer = await sendInTurn(request, route, signal);
      } catch (error) {
        permit.settle({ succeeded: false });
        throw error;
      }
      return judge(answer, route, permit);
    },
    get sent() {
      return sent;
    },
    get inFlight() {
      return inFlight;
    },
  };
}

import type { Policy } from "@antiphon/std";
import type { Admission, Ticket } from "./admission.ts";
import type { InvalidRequestBudget } from "./invalid-request-budget.ts";
import type { Answer } from "./exchange.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { readBucketHeaders, readRateLimit, type RateLimitAnswer } from "./rate-limit-headers.ts";
import { httpError } from "./rest-error.ts";
import type { RoutePolicies } from "./route-class.ts";
import type { Route } from "./route.ts";
import type { Sender } from "./sender.ts";

/** What came of one attempt. */
export interface AttemptResult {
  readonly answer: Answer;
  /** Set when it was a 429. */
  readonly rateLimit: RateLimitAnswer | undefined;
}

/** Sends a request once. */
export interface Attempts {
  /** Sends, and tells the limiters by the ticket what came of it; rejects as a {@link Sender} does. */
  run(request: PreparedRequest, route: Route, ticket: Ticket, signal: AbortSignal | undefined): Promise<AttemptResult>;
  /** Requests sent so far. */
  readonly sent: number;
  /** Requests under way. */
  readonly inFlight: number;
}

/** Options of {@link createAttempts}. */
export interface AttemptsOptions {
  readonly admission: Admission;
  readonly budget: InvalidRequestBudget;
  readonly policies: RoutePolicies;
  readonly send: Sender;
}

/** Builds {@link Attempts}. */
export function createAttempts({ admission, budget, policies, send }: AttemptsOptions): Attempts {
  let sent = 0;
  let inFlight = 0;

  /** A policy learns of a server's fault by a rejection; whoever sent the request gets the answer nevertheless. */
  const sendUnder = async (
    policy: Policy,
    request: PreparedRequest,
    route: Route,
    signal: AbortSignal | undefined,
  ): Promise<Answer> => {
    let answer: Answer | undefined;
    try {
      return await policy.execute(
        async (context) => {
          answer = undefined;
          answer = await send(request, route.redactedPath, context.signal);
          if (answer.status < 500) return answer;
          throw httpError({ method: request.method, path: route.redactedPath }, answer.status, answer.body);
        },
        { signal },
      );
    } catch (error) {
      if (answer !== undefined) return answer;
      throw error;
    }
  };

  const judge = (answer: Answer, route: Route, ticket: Ticket): AttemptResult => {
    const rateLimit = answer.status === 429 ? readRateLimit(answer.headers, answer.body) : undefined;
    const isInvalid = answer.status === 401 || answer.status === 403 || answer.status === 429;
    if (isInvalid && rateLimit?.scope !== "shared") budget.spend();
    const isGlobal = rateLimit?.scope === "global";
    if (isGlobal) admission.block(rateLimit.retryAfterMs);
    ticket.settle({
      headers: readBucketHeaders(answer.headers),
      succeeded: answer.status < 300,
      // Routes with a token of their own do not pass the global limiter, so their bucket has to wait.
      blockMs: isGlobal && !route.hasToken ? undefined : rateLimit?.retryAfterMs,
      roundTripMs: answer.roundTripMs,
    });
    return { answer, rateLimit };
  };

  return {
    async run(request, route, ticket, signal) {
      sent++;
      inFlight++;
      let answer: Answer;
      try {
        const policy = policies[route.routeClass];
        answer = await (policy === undefined
          ? send(request, route.redactedPath, signal)
          : sendUnder(policy, request, route, signal));
      } catch (error) {
        ticket.settle({ succeeded: false });
        throw error;
      } finally {
        inFlight--;
      }
      return judge(answer, route, ticket);
    },
    get sent() {
      return sent;
    },
    get inFlight() {
      return inFlight;
    },
  };
}

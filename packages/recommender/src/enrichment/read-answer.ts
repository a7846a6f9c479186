import { describeError, isAntiphonError } from "@antiphon/std";
import { RecommenderError, type RecommenderErrorCode } from "../error.ts";
import type { HttpResponse } from "./http-port.ts";

/** What a service's own code means. */
export type Verdict =
  | { readonly kind: "notFound" }
  | {
      readonly kind: "failed";
      readonly code: RecommenderErrorCode;
      readonly message: string;
      readonly isRetryable: boolean;
    };

/** Reads what a service says with its own codes; undefined leaves it to the status. */
export type Judge = (status: number, json: unknown) => Verdict | undefined;

/** An answer, read as far as all services agree. */
export interface ReadAnswer {
  /** The parsed body; undefined when the service knows nothing of what was asked. */
  readonly json?: unknown;
  /** What is wrong with it. */
  readonly error?: RecommenderError | undefined;
  /** How long nobody may ask, in milliseconds. */
  readonly holdMs: number;
}

/** A second and a half: what a service that is asked too often gets when it does not say how long. */
const DEFAULT_HOLD_MS = 1_500;

/** Reads a response's status, headers and body. */
export function readAnswer(service: string, response: HttpResponse, judge: Judge): ReadAnswer {
  const { status, body } = response;
  const json = parse(body);
  const headerHoldMs = holdOf(response);
  const fail = (code: RecommenderErrorCode, what: string, isRetryable: boolean, holdMs = headerHoldMs): ReadAnswer => {
    const details = { service, status, ...(holdMs > 0 ? { retryAfterMs: holdMs } : {}) };
    return { holdMs, error: new RecommenderError(code, `${service} ${what}`, { retryable: isRetryable, details }) };
  };
  const verdict = judge(status, json);
  if (verdict?.kind === "notFound") return { holdMs: headerHoldMs };
  if (verdict?.kind === "failed") {
    const isLimit = verdict.code === "RECOMMENDER_API_RATE_LIMITED";
    return fail(
      verdict.code,
      verdict.message,
      verdict.isRetryable,
      isLimit ? headerHoldMs || DEFAULT_HOLD_MS : headerHoldMs,
    );
  }
  if (status === 429)
    return fail("RECOMMENDER_API_RATE_LIMITED", "was asked too often (429)", true, headerHoldMs || DEFAULT_HOLD_MS);
  if (status >= 500) return fail("RECOMMENDER_API_UNAVAILABLE", `is not available (${status})`, true);
  if (status === 404) return { holdMs: headerHoldMs };
  // A page instead of data with a 403 comes from a wall in front of the service, and says nothing about the key.
  if (status === 403 && json === undefined)
    return fail("RECOMMENDER_API_UNAVAILABLE", "hides behind a page (403)", true);
  if (status === 401 || status === 403)
    return fail("RECOMMENDER_API_DENIED", `refuses the credentials (${status}); check the key`, false);
  if (status < 200 || status >= 300) return fail("RECOMMENDER_API_REFUSED", `refuses the request (${status})`, false);
  if (json === undefined) return fail("RECOMMENDER_API_RESPONSE_INVALID", "answered with what is no JSON", true);
  return { json, holdMs: headerHoldMs };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** What `Retry-After` asks for, or ListenBrainz' headers when nothing is left. */
function holdOf({ header }: HttpResponse): number {
  const isUsedUp = header("x-ratelimit-remaining") === "0";
  const seconds = Number(header("retry-after") ?? (isUsedUp ? header("x-ratelimit-reset-in") : undefined) ?? 0);
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1_000) : 0;
}

/** The failure of a request as an error of this package. */
export function failureOf(
  service: string,
  error: unknown,
  { timeoutMs, redact }: { readonly timeoutMs: number | undefined; redact(text: string): string },
): unknown {
  if (isAntiphonError(error)) return error;
  const details = { service };
  if (timeoutMs !== undefined) {
    const message = `${service} did not answer within ${timeoutMs} ms`;
    return new RecommenderError("RECOMMENDER_API_TIMEOUT", message, { retryable: true, details });
  }
  // No cause: what an HTTP library keeps of a request may hold the key.
  const message = `${service} could not be reached: ${redact(describeError(error))}`;
  return new RecommenderError("RECOMMENDER_API_UNREACHABLE", message, { retryable: true, details });
}

/** The error for an answer of another shape than the service promises. */
export function invalidAnswer(
  service: string,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): RecommenderError {
  const where = issue === undefined ? "" : ` at "${issue.path.join(".")}": ${issue.message}`;
  const message = `${service} answered in a shape that it does not promise${where}`;
  return new RecommenderError("RECOMMENDER_API_RESPONSE_INVALID", message, { details: { service } });
}

/**
 * The time of the last listen on a page, in seconds. A page that is not older than what came before it is refused: a service that
 * gives the same page again and again would be read without end.
 */
export function lastOfPage(service: string, times: readonly number[], atMost: number): number {
  let last = atMost;
  for (const time of times) {
    if (time > last) throw invalidAnswer(service, { path: ["listens"], message: `${time} comes after ${last}` });
    last = time;
  }
  return last;
}

/** Whether an error says that a service could not be reached over the network, and nothing else. */
export function isNetworkFailure(error: unknown): boolean {
  return isAntiphonError(error, "RECOMMENDER_API_UNREACHABLE") || isAntiphonError(error, "RECOMMENDER_API_TIMEOUT");
}

import { AntiphonError } from "@antiphon/std";
import type { RestMethod } from "@antiphon/protocol/discord";
import { flattenErrors, type FieldError } from "./field-error.ts";

/** What can go wrong in this package. */
export type RestErrorCode =
  | "REST_CLOSED"
  | "REST_FILE_FAILED"
  | "REST_FILE_NOT_REPLAYABLE"
  | "REST_HTTP_ERROR"
  | "REST_INVALID_OPTIONS"
  | "REST_INVALID_REQUEST"
  | "REST_INVALID_REQUEST_BUDGET_SPENT"
  | "REST_INVALID_RESPONSE"
  | "REST_LIMITER_FAILED"
  | "REST_NETWORK_FAILED"
  | "REST_POOL_EXHAUSTED"
  | "REST_QUEUE_FULL"
  | "REST_RATE_LIMITED"
  | "REST_TIMED_OUT"
  | "REST_UNAUTHORIZED"
  | "REST_UPLOAD_TOO_LARGE";

/** The error of this package; match on `code`. */
export class RestError extends AntiphonError<RestErrorCode> {}

/** Which request failed; `path` carries no token. */
export interface FailedRequest {
  readonly method: RestMethod;
  readonly path: string;
}

/** Details of `REST_HTTP_ERROR` and `REST_UNAUTHORIZED`. */
export interface RestHttpErrorDetails extends FailedRequest {
  /** The method and the path without its ids: `GET /channels/:id`; undefined for one request of a bulk request. */
  readonly route?: string | undefined;
  /** How often it was sent. */
  readonly attempts?: number | undefined;
  readonly status: number;
  /** Discord's own JSON error code, such as 50035; undefined when the body had none. */
  readonly discordCode: number | undefined;
  /** What is wrong with which field of the request. */
  readonly errors: readonly FieldError[];
}

/** The most field errors that go into a message; all of them are in the details. */
const MESSAGE_FIELDS = 10;
/** The most characters of each. */
const TEXT_CHARACTERS = 500;

const clip = (text: string) => (text.length <= TEXT_CHARACTERS ? text : `${text.slice(0, TEXT_CHARACTERS)}…`);

/** The error for an answer that is neither 2xx nor 429. */
export function httpError(
  request: FailedRequest & Pick<RestHttpErrorDetails, "route" | "attempts">,
  status: number,
  body: unknown,
): RestError {
  const { code, message, errors } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const discordCode = typeof code === "number" ? code : undefined;
  const fields = flattenErrors(errors);
  const details: RestHttpErrorDetails = { ...request, status, discordCode, errors: fields };
  const why = typeof message === "string" ? clip(message) : "no reason given";
  const numbers = discordCode === undefined || discordCode === 0 ? `${status}` : `${status} (${discordCode})`;
  const shown = fields.slice(0, MESSAGE_FIELDS).map(({ path, message: problem }) => clip(`${path}: ${problem}`));
  if (fields.length > MESSAGE_FIELDS) shown.push(`and ${fields.length - MESSAGE_FIELDS} more`);
  const advice = status === 401 ? " Check the bot's token in the developer portal." : "";
  const text = `${request.method} ${request.path} failed with ${numbers}: ${[why, ...shown].join("; ")}${advice}`;
  return new RestError(status === 401 ? "REST_UNAUTHORIZED" : "REST_HTTP_ERROR", text, {
    retryable: status >= 500,
    severity: status === 401 ? "critical" : "error",
    details: { ...details },
    // What Discord said, for whoever needs more of it.
    cause: body,
  });
}

import type { Dispatcher } from "undici";
import { abortReason, describeError, type Clock } from "@antiphon/std";
import type { PreparedRequest } from "./prepared-request.ts";
import { headerOf, type ResponseHeaders } from "./rate-limit-headers.ts";
import { RestError } from "./rest-error.ts";

/** What came back, whatever the status. */
export interface Answer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** The decoded JSON; undefined when the body was empty or something else. */
  readonly body: unknown;
  /** Whether there was a body that is not JSON. */
  readonly unreadable: boolean;
}

/** Sends a request once; rejects with the signal's reason, REST_TIMED_OUT or REST_NETWORK_FAILED. */
export type Sender = (
  request: PreparedRequest,
  redactedPath: string,
  signal: AbortSignal | undefined,
) => Promise<Answer>;

/** Options of {@link createSender}. */
export interface SenderOptions {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  /** What stands before every path: `/api/v10`. */
  readonly basePath: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Failures before the first byte went out: even a POST may be sent again. */
const neverSentCodes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function decode(headers: ResponseHeaders, text: string): Pick<Answer, "body" | "unreadable"> {
  if (text === "") return { body: undefined, unreadable: false };
  if (headerOf(headers, "content-type")?.includes("json") !== true) return { body: undefined, unreadable: true };
  try {
    return { body: JSON.parse(text) as unknown, unreadable: false };
  } catch {
    return { body: undefined, unreadable: true };
  }
}

/** Builds a {@link Sender} over an undici dispatcher. */
export function createSender({ dispatcher, origin, basePath, timeoutMs, clock }: SenderOptions): Sender {
  return async (request, redactedPath, signal) => {
    if (signal?.aborted === true) throw abortReason(signal);
    const { method } = request;
    const abort = new AbortController();
    const onAbort = () => abort.abort();
    signal?.addEventListener("abort", onAbort, { once: true });
    let timedOut = false;
    const timer = clock.setTimer(timeoutMs, () => {
      timedOut = true;
      abort.abort();
    });
    try {
      const response = await dispatcher.request({
        origin,
        path: basePath + request.path + request.search,
        method,
        headers: request.headers,
        body: request.body,
        signal: abort.signal,
      });
      const text = await response.body.text();
      return { status: response.statusCode, headers: response.headers, ...decode(response.headers, text) };
    } catch (error) {
      if (abort.signal.aborted && !timedOut) throw abortReason(signal as AbortSignal);
      const details = { method, path: redactedPath };
      if (timedOut) {
        const message = `${method} ${redactedPath} had no answer within ${timeoutMs} ms.`;
        throw new RestError("REST_TIMED_OUT", message, {
          retryable: request.repeatable,
          details: { ...details, timeoutMs },
        });
      }
      const neverSent = neverSentCodes.has((error as { code?: unknown }).code);
      throw new RestError("REST_NETWORK_FAILED", `${method} ${redactedPath} failed: ${describeError(error)}`, {
        retryable: neverSent || request.repeatable,
        details,
        cause: error,
      });
    } finally {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    }
  };
}

import type { Dispatcher } from "undici";
import { abortReason, describeError, isAntiphonError, type Clock } from "@antiphon/std";
import type { ConnectionPool } from "./connection-pool.ts";
import { createDeadlines } from "./deadlines.ts";
import { AnswerTooLarge, Exchange, type Answer, type ExchangeRules } from "./exchange.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { RestError } from "./rest-error.ts";

/** Sends a request once; rejects with the signal's reason, REST_TIMED_OUT, REST_NETWORK_FAILED, REST_INVALID_RESPONSE or REST_POOL_EXHAUSTED. */
export type Sender = (
  request: PreparedRequest,
  redactedPath: string,
  signal: AbortSignal | undefined,
) => Promise<Answer>;

/** Options of {@link createSender}. */
export interface SenderOptions {
  /** A pool to lease connections from, or a dispatcher that the caller brought along. */
  readonly connections: ConnectionPool | Dispatcher;
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

/** Builds a {@link Sender}. */
export function createSender({ connections, origin, basePath, timeoutMs, clock }: SenderOptions): Sender {
  const deadlines = createDeadlines<Exchange>(timeoutMs, clock, (exchange) => exchange.end("timeout"));
  const rules: ExchangeRules = { connections, origin, basePath, clock, deadlines };

  const explain = ({ request, ending }: Exchange, path: string, error: unknown): unknown => {
    if (ending === "signal") return error;
    const { method, repeatable } = request;
    const details = { method, path };
    if (ending === "timeout") {
      const message = `${method} ${path} had no answer within ${timeoutMs} ms.`;
      return new RestError("REST_TIMED_OUT", message, { retryable: repeatable, details: { ...details, timeoutMs } });
    }
    if (isAntiphonError(error)) return error;
    if (error instanceof AnswerTooLarge) {
      const message = `${method} ${path} was cut off: ${error.message}.`;
      return new RestError("REST_INVALID_RESPONSE", message, { details, cause: error });
    }
    const retryable = repeatable || neverSentCodes.has((error as { code?: unknown }).code);
    const message = `${method} ${path} failed: ${describeError(error)}`;
    return new RestError("REST_NETWORK_FAILED", message, { retryable, details, cause: error });
  };

  return (request, redactedPath, signal) => {
    if (signal?.aborted === true) return Promise.reject(abortReason(signal));
    return new Promise((resolve, reject) => {
      const exchange: Exchange = new Exchange(request, rules, signal, resolve, (error) =>
        reject(explain(exchange, redactedPath, error)),
      );
      exchange.begin();
    });
  };
}

import type { Dispatcher } from "undici";
import { abortReason, describeError, isAntiphonError, type Clock } from "@antiphon/std";
import type { ConnectionPool } from "./connection-pool.ts";
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

/** Sends a request once; rejects with the signal's reason, REST_TIMED_OUT, REST_NETWORK_FAILED or REST_POOL_EXHAUSTED. */
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

const MAXIMUM_ANSWER_BYTES = 64 * 1024 * 1024;

/** Decodes a body as JSON, unless the caller wants its bytes. */
function decode(headers: ResponseHeaders, bytes: Buffer, asBytes: boolean): Pick<Answer, "body" | "unreadable"> {
  if (asBytes) return { body: new Uint8Array(bytes).buffer, unreadable: false };
  if (bytes.length === 0) return { body: undefined, unreadable: false };
  if (headerOf(headers, "content-type")?.includes("json") !== true) return { body: undefined, unreadable: true };
  try {
    return { body: JSON.parse(bytes.toString()) as unknown, unreadable: false };
  } catch {
    return { body: undefined, unreadable: true };
  }
}

/** Sends and gathers the answer. Below undici's `request`, whose stream for the body costs as much as the rest of it. */
function dispatch(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  wantsBytes: boolean,
  onController: (controller: Dispatcher.DispatchController) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let status = 0;
    let headers: ResponseHeaders = {};
    dispatcher.dispatch(options, {
      onRequestStart: onController,
      onResponseStart(_controller, statusCode, responseHeaders) {
        status = statusCode;
        headers = responseHeaders;
      },
      onResponseData(controller, chunk) {
        sizeBytes += chunk.length;
        if (sizeBytes > MAXIMUM_ANSWER_BYTES) controller.abort(new Error("the answer is larger than 64 MiB"));
        else chunks.push(chunk);
      },
      onResponseEnd() {
        const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
        resolve({ status, headers, ...decode(headers, bytes, wantsBytes && status >= 200 && status < 300) });
      },
      onResponseError: (_controller, error) => reject(error),
    });
  });
}

/** The body of one attempt. */
function openBody({ headers, body }: PreparedRequest, onProgress: () => void) {
  if (body === null || typeof body === "string" || body instanceof Uint8Array)
    return { opened: undefined, headers, body };
  const opened = body.open(onProgress);
  // Without a length undici sends it in chunks.
  const length = body.sizeBytes === undefined ? {} : { "content-length": String(body.sizeBytes) };
  return { opened, headers: { ...headers, ...length }, body: opened.stream };
}

/** Why an attempt was ended from here. */
type Ending = { readonly why: "signal" | "timeout" } | undefined;

/** Builds a {@link Sender}. */
export function createSender({ connections, origin, basePath, timeoutMs, clock }: SenderOptions): Sender {
  const fail = (
    request: PreparedRequest,
    path: string,
    ending: Ending,
    error: unknown,
    signal: AbortSignal | undefined,
  ) => {
    if (ending?.why === "signal") return abortReason(signal as AbortSignal);
    const { method, repeatable } = request;
    const details = { method, path };
    if (ending !== undefined) {
      const message = `${method} ${path} had no answer within ${timeoutMs} ms.`;
      return new RestError("REST_TIMED_OUT", message, { retryable: repeatable, details: { ...details, timeoutMs } });
    }
    if (isAntiphonError(error)) return error;
    const retryable = repeatable || neverSentCodes.has((error as { code?: unknown }).code);
    const message = `${method} ${path} failed: ${describeError(error)}`;
    return new RestError("REST_NETWORK_FAILED", message, { retryable, details, cause: error });
  };

  return async (request, redactedPath, signal) => {
    if (signal?.aborted === true) throw abortReason(signal);
    let ending: Ending;
    /** Only there while a connection is waited for. */
    let waiting: AbortController | undefined;
    let controller: Dispatcher.DispatchController | undefined;
    const end = (why: "signal" | "timeout") => {
      ending ??= { why };
      waiting?.abort();
      controller?.abort(new Error(why));
    };
    const onAbort = () => end("signal");
    signal?.addEventListener("abort", onAbort, { once: true });
    const startTimer = () => clock.setTimer(timeoutMs, () => end("timeout"));
    let timer = startTimer();
    const onProgress = () => {
      timer.cancel();
      timer = startTimer();
    };
    const { method, wantsBytes } = request;
    const { opened, headers, body } = openBody(request, onProgress);
    const options = { origin, path: basePath + request.path + request.search, method, headers, body };
    const onController = (given: Dispatcher.DispatchController) => {
      controller = given;
      if (ending !== undefined) given.abort(new Error(ending.why));
    };
    try {
      if (!("acquire" in connections)) return await dispatch(connections, options, wantsBytes, onController);
      let lease = connections.tryAcquire(origin);
      if (lease === undefined) {
        waiting = new AbortController();
        lease = await connections.acquire(origin, { signal: waiting.signal });
      }
      try {
        return await dispatch(lease.dispatcher, options, wantsBytes, onController);
      } finally {
        lease.release();
      }
    } catch (error) {
      throw fail(request, redactedPath, ending, error, signal);
    } finally {
      opened?.close();
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    }
  };
}

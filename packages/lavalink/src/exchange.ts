import { abortReason, type Clock, type Secret } from "@antiphon/std";
import type { Dispatcher } from "undici";

/** An HTTP answer as it came. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The header `Retry-After`. */
  readonly retryAfter: string | undefined;
}

/** What is sent. */
export interface ExchangeCall {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** What every exchange with a node has in common. */
export interface ExchangeOptions {
  readonly password: Secret;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

/** The other end took too long. */
export class NoAnswer extends Error {
  /** How long was waited. */
  readonly limitMs: number;
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.limitMs = limitMs;
  }
}

/**
 * One request and its answer as text, on undici's dispatcher itself: its `request` builds streams and signals for every call, which
 * takes longer than all the rest of a small answer. Rejects with the signal's reason, with {@link NoAnswer}, with what undici says, or
 * with a TypeError for a body that cannot be JSON.
 */
export async function exchange(
  dispatcher: Dispatcher,
  call: ExchangeCall,
  { password, requestTimeoutMs, clock }: ExchangeOptions,
): Promise<Answer> {
  // Whatever is no JSON fails before anything waits for an answer.
  const body = call.body === undefined ? null : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let stopped: Error | undefined;
    const stop = (reason: Error) => {
      stopped = reason;
      controller?.abort(reason);
      fail(reason);
    };
    const onAbort = () => stop(abortReason(call.signal as AbortSignal) as Error);
    const timer = clock.setTimer(requestTimeoutMs, () => stop(new NoAnswer(requestTimeoutMs)), { keepAlive: false });
    const settle = () => {
      timer.cancel();
      call.signal?.removeEventListener("abort", onAbort);
    };
    const fail = (error: Error) => {
      settle();
      reject(error);
    };
    if (call.signal?.aborted === true) {
      onAbort();
      return;
    }
    call.signal?.addEventListener("abort", onAbort, { once: true });

    let status = 0;
    let retryAfter: string | undefined;
    const chunks: Buffer[] = [];
    const authorization = { authorization: password.reveal() };
    const headers = body === null ? authorization : { ...authorization, "content-type": "application/json" };
    dispatcher.dispatch(
      { method: call.method, path: call.path, headers, body },
      {
        onRequestStart(given) {
          controller = given;
          if (stopped !== undefined) given.abort(stopped);
        },
        onResponseStart(_controller, statusCode, responseHeaders) {
          status = statusCode;
          retryAfter = responseHeaders["retry-after"]?.toString();
        },
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd() {
          settle();
          const [first = EMPTY] = chunks;
          resolve({ status, retryAfter, text: (chunks.length > 1 ? Buffer.concat(chunks) : first).toString("utf8") });
        },
        onResponseError: (_controller, error) => fail(error),
      },
    );
  });
}

const EMPTY = Buffer.alloc(0);

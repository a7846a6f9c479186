import type { RestMethod, RestRequestOptions, RestTransport } from "@antiphon/protocol/discord";
import { abortReason, systemClock, toDisposable, type Clock, type Timer } from "@antiphon/std";
import { matchPattern, type BatchedRequest, type BatchHandler } from "./batched-request.ts";
import { createBulkBanHandler, createBulkDeleteHandler } from "./bulk-handlers.ts";
import { RestError } from "./rest-error.ts";

/** Options of {@link createRequestBatcher}. */
export interface RequestBatcherOptions {
  /** What the requests are sent with. */
  readonly transport: RestTransport;
  /** A batch is sent as soon as it holds this many requests. Defaults to 100. */
  readonly maximumBatchSize?: number | undefined;
  /** A batch is sent at the latest so long after its first request. Defaults to 50 ms. */
  readonly maximumWaitMs?: number | undefined;
  /** The most requests that are pending at once; one more is rejected and counted. Defaults to 10,000. */
  readonly pendingLimit?: number | undefined;
  /** Handlers from the start. Defaults to {@link createBulkDeleteHandler} and {@link createBulkBanHandler}. */
  readonly handlers?: readonly BatchHandler[] | undefined;
  readonly clock?: Clock | undefined;
}

/** What goes with a batched request. */
export interface BatchRequestOptions extends RestRequestOptions {
  /** Rejects the request when it takes longer, its time in the queue included. */
  readonly timeoutMs?: number | undefined;
}

/** What a batcher has done so far. */
export interface RequestBatcherStats {
  /** Requests that wait for their batch. */
  readonly waiting: number;
  /** Requests that have not ended. */
  readonly pending: number;
  /** Batches that were sent. */
  readonly batches: number;
  /** Requests that went without waiting because they answer an interaction. */
  readonly bypassed: number;
  /** GETs that got the answer of another. */
  readonly deduplicated: number;
  /** Requests that a handler took. */
  readonly handled: number;
  /** Requests that were rejected because `pendingLimit` were pending. */
  readonly overflowed: number;
  /** Requests that took longer than their `timeoutMs`. */
  readonly timedOut: number;
}

/** Gathers requests for a moment and sends them better than one by one. */
export interface RequestBatcher extends RestTransport, AsyncDisposable {
  /**
   * Queues a request and gives its own result. Answers to interactions are sent at once.
   *
   * @throws what the transport throws; RestError REST_TIMED_OUT, REST_QUEUE_FULL, REST_CLOSED; or the signal's reason
   */
  request<Result = unknown>(method: RestMethod, path: string, options?: BatchRequestOptions): Promise<Result>;
  /** Sends the waiting batch now; resolves when each of its requests has ended, however it ended. */
  processBatch(): Promise<void>;
  /** Rejects what has taken longer than its `timeoutMs`; the clock does so by itself. */
  processTimeouts(): void;
  /** Adds a way to send requests of a route together; disposing it takes it away. */
  addBatchHandler(handler: BatchHandler): Disposable;
  /** A snapshot for a dashboard or a test. */
  getStats(): RequestBatcherStats;
  /** Sends what waits and resolves when all has ended; idempotent. When the signal aborts, what has not ended is rejected. */
  close(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

interface Pending extends BatchedRequest {
  /** Replaced when a handler matches. */
  parameters: Record<string, string>;
  readonly expiresAtMs: number;
  readonly timeoutMs: number;
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
  hasEnded: boolean;
}

const INTERACTION_PATH = /^\/(?:interactions\/|webhooks\/\d+\/[^/]+)/;

/** Builds a {@link RequestBatcher}. Throws a RestError REST_INVALID_OPTIONS. */
export function createRequestBatcher(options: RequestBatcherOptions): RequestBatcher {
  const { transport, clock = systemClock, maximumBatchSize = 100, maximumWaitMs = 50, pendingLimit = 10_000 } = options;
  for (const [name, value] of Object.entries({ maximumBatchSize, maximumWaitMs, pendingLimit })) {
    if (value >= (name === "maximumWaitMs" ? 0 : 1)) continue;
    throw new RestError("REST_INVALID_OPTIONS", `createRequestBatcher: ${name} is ${value}, which is too little.`);
  }
  const handlers = new Set<BatchHandler>();
  const pending = new Set<Pending>();
  const gets = new Map<string, Promise<unknown>>();
  const counters = { batches: 0, bypassed: 0, deduplicated: 0, handled: 0, overflowed: 0, timedOut: 0 };
  let waiting: Pending[] = [];
  let batchTimer: Timer | undefined;
  let expiryTimer: Timer | undefined;
  let closing: Promise<void> | undefined;

  const create = (method: RestMethod, path: string, requestOptions: BatchRequestOptions): Pending => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const { timeoutMs = Infinity, signal, ...rest } = requestOptions;
    const abort = new AbortController();
    const onAbort = () => request.reject(abortReason(signal as AbortSignal));
    const end = (then: () => void, isDone: boolean) => {
      if (request.hasEnded) return;
      request.hasEnded = true;
      pending.delete(request);
      signal?.removeEventListener("abort", onAbort);
      then();
      // What is still on its way for it is called back.
      if (!isDone) abort.abort(new Error("the batched request has ended"));
    };
    const request: Pending = {
      method,
      path,
      options: { ...rest, signal: abort.signal },
      parameters: {},
      timeoutMs,
      expiresAtMs: clock.monotonicMs() + timeoutMs,
      abort,
      ended: promise,
      hasEnded: false,
      resolve: (result) => end(() => resolve(result), true),
      reject: (error) => end(() => reject(error), false),
    };
    pending.add(request);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    return request;
  };

  const processTimeouts = () => {
    expiryTimer?.cancel();
    const nowMs = clock.monotonicMs();
    let nextMs = Infinity;
    for (const request of pending) {
      const { expiresAtMs, timeoutMs, method, path } = request;
      if (expiresAtMs > nowMs) {
        nextMs = Math.min(nextMs, expiresAtMs);
        continue;
      }
      counters.timedOut++;
      const message = `${method} ${path} had no result within ${timeoutMs} ms of being queued.`;
      const details = { method, path, timeoutMs };
      request.reject(new RestError("REST_TIMED_OUT", message, { retryable: method !== "POST", details }));
    }
    if (nextMs < Infinity) expiryTimer = clock.setTimer(nextMs - nowMs, processTimeouts, { keepAlive: false });
  };

  const sendAlone = async (request: Pending) => {
    try {
      request.resolve(await transport.request(request.method, request.path, request.options));
    } catch (error) {
      request.reject(error);
    }
  };
  const runHandler = async (handler: BatchHandler, requests: readonly Pending[]) => {
    counters.handled += requests.length;
    let failure: unknown = new RestError(
      "REST_INVALID_RESPONSE",
      `The handler of ${handler.pattern} left a request open.`,
    );
    try {
      await handler.process(requests, transport);
    } catch (error) {
      failure = error;
    }
    for (const request of requests) request.reject(failure);
  };

  const fits = (handler: BatchHandler, request: Pending): boolean => {
    if (request.method !== handler.method) return false;
    const parameters = matchPattern(handler.pattern, request.path);
    if (parameters === undefined) return false;
    request.parameters = parameters;
    return handler.accepts?.(request) !== false;
  };
  /** Gives the requests to a handler in groups of its size. */
  const hand = (handler: BatchHandler, requests: readonly Pending[]) => {
    const size = handler.maximumBatchSize ?? maximumBatchSize;
    const groups = Map.groupBy(requests, (request) => handler.groupBy?.(request) ?? "");
    for (const group of groups.values()) {
      for (let start = 0; start < group.length; start += size)
        void runHandler(handler, group.slice(start, start + size));
    }
  };

  const processBatch = async (): Promise<void> => {
    batchTimer?.cancel();
    batchTimer = undefined;
    const batch = waiting.filter(({ hasEnded }) => !hasEnded);
    waiting = [];
    if (batch.length === 0) return;
    counters.batches++;
    const all = batch.map(({ ended }) => ended);
    const byPriority = [...handlers].toSorted((one, other) => (other.priority ?? 0) - (one.priority ?? 0));
    let left = batch;
    for (const handler of byPriority) {
      const taken = new Set(left.filter((request) => fits(handler, request)));
      left = left.filter((request) => !taken.has(request));
      hand(handler, [...taken]);
    }
    for (const request of left) void sendAlone(request);
    await Promise.allSettled(all);
  };

  const enqueue = (method: RestMethod, path: string, requestOptions: BatchRequestOptions): Promise<unknown> => {
    if (pending.size >= pendingLimit) {
      counters.overflowed++;
      const message = `${method} request: ${pendingLimit} batched requests are pending already; send less, or raise pendingLimit.`;
      throw new RestError("REST_QUEUE_FULL", message, { retryable: true, details: { pendingLimit } });
    }
    const request = create(method, path, requestOptions);
    if (request.timeoutMs < Infinity) processTimeouts();
    if (INTERACTION_PATH.test(path)) {
      counters.bypassed++;
      void sendAlone(request);
      return request.ended;
    }
    waiting.push(request);
    if (waiting.length >= maximumBatchSize) void processBatch();
    else batchTimer ??= clock.setTimer(maximumWaitMs, () => void processBatch());
    return request.ended;
  };

  /** Whoever can be told apart by a signal, a limit of time or files gets a request of his own. */
  const enqueueOnce = (method: RestMethod, path: string, requestOptions: BatchRequestOptions): Promise<unknown> => {
    const { query, authenticate, ...others } = requestOptions;
    if (method !== "GET" || Object.values(others).some((value) => value !== undefined))
      return enqueue(method, path, requestOptions);
    const key = JSON.stringify([path, query, authenticate]);
    const known = gets.get(key);
    if (known !== undefined) {
      counters.deduplicated++;
      return known;
    }
    const result = enqueue(method, path, requestOptions);
    gets.set(key, result);
    const forget = () => void gets.delete(key);
    result.then(forget, forget);
    return result;
  };

  const close = async (signal: AbortSignal | undefined) => {
    const rejectAll = () => {
      for (const request of pending) request.reject(closedError());
    };
    if (signal?.aborted === true) rejectAll();
    signal?.addEventListener("abort", rejectAll, { once: true });
    const ends = Array.from(pending, ({ ended }) => ended);
    void processBatch();
    await Promise.allSettled(ends);
    signal?.removeEventListener("abort", rejectAll);
    expiryTimer?.cancel();
  };
  const closedError = () => new RestError("REST_CLOSED", "This request batcher is closed; create a new one.");

  const batcher: RequestBatcher = {
    async request<Result>(method: RestMethod, path: string, requestOptions: BatchRequestOptions = {}) {
      if (closing !== undefined) throw closedError();
      return (await enqueueOnce(method, path, requestOptions)) as Result;
    },
    processBatch,
    processTimeouts,
    addBatchHandler(handler) {
      handlers.add(handler);
      return toDisposable(() => void handlers.delete(handler));
    },
    getStats: () => ({ ...counters, waiting: waiting.length, pending: pending.size }),
    close({ signal } = {}) {
      closing ??= close(signal);
      return closing;
    },
    [Symbol.asyncDispose]: () => batcher.close(),
  };
  for (const handler of options.handlers ?? [createBulkDeleteHandler({ clock }), createBulkBanHandler()])
    batcher.addBatchHandler(handler);
  return batcher;
}

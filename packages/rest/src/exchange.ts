import type { Dispatcher } from "undici";
import { abortReason, type Clock } from "@antiphon/std";
import type { ConnectionLease, ConnectionPool, LeaseWaiter } from "./connection-pool.ts";
import type { Deadlines } from "./deadlines.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { headerOf, type ResponseHeaders } from "./rate-limit-headers.ts";
import type { OpenedBody } from "./streamed-body.ts";

/** What came back, whatever the status. */
export interface Answer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** The decoded JSON; undefined when the body was empty or something else. */
  readonly body: unknown;
  /** Whether there was a body that is not JSON. */
  readonly unreadable: boolean;
  /** From the moment the request went out to the answer's first byte; undefined when that is not known. */
  readonly roundTripMs: number | undefined;
}

/** Where an exchange goes, and who is told of it. */
export interface ExchangeRules {
  /** A pool to lease connections from, or a dispatcher that the caller brought along. */
  readonly connections: ConnectionPool | Dispatcher;
  readonly origin: string;
  /** What stands before every path: `/api/v10`. */
  readonly basePath: string;
  readonly clock: Clock;
  /** How long it may take. */
  readonly deadlines: Deadlines<Exchange>;
}

/** Why an exchange was ended from here. */
export type EndReason = "signal" | "timeout";

const MAXIMUM_ANSWER_BYTES = 64 * 1024 * 1024;

/** The answer has more bytes than anything that Discord says. */
export class AnswerTooLarge extends Error {
  constructor() {
    super("the answer is larger than 64 MiB");
  }
}

const EMPTY = { body: undefined, unreadable: false };
const UNREADABLE = { body: undefined, unreadable: true };

/** Decodes a body as JSON, unless the caller wants its bytes. */
function decode(headers: ResponseHeaders, bytes: Buffer, asBytes: boolean): Pick<Answer, "body" | "unreadable"> {
  if (asBytes) return { body: new Uint8Array(bytes).buffer, unreadable: false };
  if (bytes.length === 0) return EMPTY;
  if (headerOf(headers, "content-type")?.includes("json") !== true) return UNREADABLE;
  try {
    return { body: JSON.parse(bytes.toString()) as unknown, unreadable: false };
  } catch {
    return UNREADABLE;
  }
}

/**
 * One request and its answer. Below undici's `request`, whose stream for the body costs as much as the rest of it; one object is
 * undici's handler, what waits for a connection, what is timed, and the listener of the signal, for this is what every request pays for.
 */
export class Exchange implements Dispatcher.DispatchHandler, LeaseWaiter {
  readonly request: PreparedRequest;
  /** Why it was ended from here; undefined while nothing did. */
  ending: EndReason | undefined;
  readonly #rules: ExchangeRules;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  #chunks: Buffer[] | undefined;
  #sizeBytes = 0;
  #status = 0;
  #headers: ResponseHeaders = {};
  #sentMs: number | undefined;
  #roundTripMs: number | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #lease: ConnectionLease | undefined;
  #opened: OpenedBody | undefined;
  #isWaiting = false;

  constructor(
    request: PreparedRequest,
    rules: ExchangeRules,
    signal: AbortSignal | undefined,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
  ) {
    this.request = request;
    this.#rules = rules;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Sends the request as soon as there is a connection. */
  begin(): void {
    const { connections, origin, deadlines } = this.#rules;
    this.#signal?.addEventListener("abort", this, { once: true });
    deadlines.start(this);
    if (!("acquire" in connections)) return this.#dispatch(connections);
    this.#isWaiting = true;
    connections.enqueue(origin, this);
  }

  onLease(lease: ConnectionLease): void {
    this.#isWaiting = false;
    this.#lease = lease;
    this.#dispatch(lease.dispatcher);
  }

  onLeaseFailed(error: unknown): void {
    this.#fail(error);
  }

  /** Ends it before its answer is there. */
  end(why: EndReason): void {
    this.ending ??= why;
    const error = new Error(why);
    const { connections } = this.#rules;
    if (this.#controller !== undefined) return this.#controller.abort(error);
    if (!this.#isWaiting || !("acquire" in connections)) {
      // A connection that is being opened may take its time to fail, and nobody has to wait for that.
      return this.#rejectWith(error);
    }
    connections.dequeue(this);
    this.#fail(error);
  }

  /** The signal aborted. */
  handleEvent(): void {
    this.end("signal");
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#sentMs = this.#rules.clock.monotonicMs();
    if (this.ending !== undefined) controller.abort(new Error(this.ending));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    this.#status = status;
    this.#headers = headers;
    if (this.#sentMs !== undefined) this.#roundTripMs = this.#rules.clock.monotonicMs() - this.#sentMs;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > MAXIMUM_ANSWER_BYTES) controller.abort(new AnswerTooLarge());
    else if (this.#chunks === undefined) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#finish();
    this.#lease?.release();
    const chunks = this.#chunks ?? [];
    const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    const status = this.#status;
    const { body, unreadable } = decode(this.#headers, bytes, this.request.wantsBytes && status >= 200 && status < 300);
    this.#resolve({ status, headers: this.#headers, body, unreadable, roundTripMs: this.#roundTripMs });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #dispatch(dispatcher: Dispatcher): void {
    const { origin, basePath, deadlines } = this.#rules;
    const { method, path, search, headers, body } = this.request;
    const options: Dispatcher.DispatchOptions = {
      origin,
      path: basePath + path + search,
      method,
      headers,
      body: null,
      // Nothing else is sent on this connection meanwhile, so that undici need not look after each answer.
      blocking: false,
    };
    if (body === null || typeof body === "string" || body instanceof Uint8Array) options.body = body;
    else {
      this.#opened = body.open(() => deadlines.renew(this));
      options.body = this.#opened.stream;
      // Without a length undici sends it in chunks.
      if (body.sizeBytes !== undefined) options.headers = { ...headers, "content-length": String(body.sizeBytes) };
    }
    try {
      dispatcher.dispatch(options, this);
    } catch (error) {
      this.#fail(error);
    }
  }

  #finish(): void {
    this.#rules.deadlines.stop(this);
    this.#signal?.removeEventListener("abort", this);
    this.#opened?.close();
  }

  #fail(error: unknown): void {
    this.#finish();
    const lease = this.#lease;
    // Not at once, for undici does not expect a next request from within the failure of this one.
    if (lease !== undefined) queueMicrotask(() => lease.release());
    this.#rejectWith(error);
  }

  #rejectWith(error: unknown): void {
    this.#reject(this.ending === "signal" ? abortReason(this.#signal as AbortSignal) : error);
  }
}

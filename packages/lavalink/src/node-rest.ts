import {
  errorBodySchema,
  loadResultSchema,
  nodeInfoSchema,
  wirePlayerReader,
  wirePlayerSchema,
  type ErrorBody,
  type NodeInfo,
  type PlayerPatch,
  type WireLoadResult,
  type WirePlayer,
} from "@antiphon/protocol/lavalink";
import {
  abortReason,
  createBackoff,
  describeError,
  type Backoff,
  type Clock,
  type Random,
  type Secret,
} from "@antiphon/std";
import { Pool, errors } from "undici";
import { requestChannel, publishRequest } from "./diagnostics.ts";
import { exchange, NoAnswer, type Answer } from "./exchange.ts";
import { hasCode, LavalinkError, type LavalinkErrorCode } from "./error.ts";

/** What the REST side of a node is built from. */
export interface NodeRestOptions {
  readonly name: string;
  /** `http://host:port`. */
  readonly origin: string;
  readonly password: Secret;
  readonly requestTimeoutMs: number;
  readonly connections: number;
  readonly clock: Clock;
  readonly random: Random;
}

interface WithSignal {
  readonly signal?: AbortSignal | undefined;
}

/** A node's REST API, typed; every answer that is not 2xx is a {@link LavalinkError} with the body in its details. */
export interface NodeRest {
  loadTracks(identifier: string, options?: WithSignal): Promise<WireLoadResult>;
  info(options?: WithSignal): Promise<NodeInfo>;
  players(sessionId: string): Promise<readonly WirePlayer[]>;
  player(sessionId: string, guildId: string, options?: WithSignal): Promise<WirePlayer>;
  patchPlayer(sessionId: string, guildId: string, patch: PlayerPatch, options?: WithSignal): Promise<WirePlayer>;
  deletePlayer(sessionId: string, guildId: string): Promise<void>;
  /** Keeps the session for so many seconds after its socket is gone, or not at all. */
  configureResuming(sessionId: string, timeoutSeconds: number | null): Promise<void>;
  /** Any other endpoint, such as a plugin's; gives its JSON body, or undefined for 204. */
  request(call: RestCall): Promise<unknown>;
  /** How many requests wait for their answer. */
  readonly inFlight: number;
  close(): Promise<void>;
}

/** One request to a node. */
export interface RestCall extends WithSignal {
  readonly method: "GET" | "PATCH" | "DELETE" | "PUT" | "POST";
  /** From the slash on, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Whether making the call twice does what making it once does. */
  readonly idempotent: boolean;
}

interface Schema<Output> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: Output } | { readonly success: false; readonly error: Error };
}

const RETRIES = 2;
const RATE_LIMIT_RETRIES = 3;
/** A node that asks for a longer pause is told about instead of waited for. */
const RETRY_AFTER_LIMIT_MS = 30_000;
const RESPONSE_LIMIT_BYTES = 32 << 20;

/** Builds a {@link NodeRest}; connects on the first call. */
export function createNodeRest(options: NodeRestOptions): NodeRest {
  const { clock, random, name } = options;
  const pool = new Pool(options.origin, {
    connections: options.connections,
    connect: { timeout: options.requestTimeoutMs },
    maxResponseSize: RESPONSE_LIMIT_BYTES,
    // The time limit of a call is the injected clock's.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  let inFlight = 0;

  const attempt = async (call: RestCall): Promise<unknown> => {
    const startedMs = clock.monotonicMs();
    let answer: Answer | undefined;
    try {
      answer = await exchange(pool, call, options);
      const { status, text } = answer;
      if (status >= 300) throw refusal(name, call, status, answer.retryAfter, text);
      return status === 204 ? undefined : parseJson(name, call, text);
    } catch (error) {
      const failure = call.signal?.aborted === true ? abortReason(call.signal) : transportError(name, call, error);
      if (answer === undefined) report(call, startedMs, null, describeError(failure));
      throw failure;
    } finally {
      if (answer !== undefined) report(call, startedMs, answer.status, answer.text);
    }
  };
  const report = (call: RestCall, startedMs: number, status: number | null, answer: string) => {
    if (!requestChannel.hasSubscribers) return;
    const { method, path, body } = call;
    const durationMs = clock.monotonicMs() - startedMs;
    publishRequest({ node: name, method, path, body, status, answer, durationMs });
  };

  const request = async <Output>(call: RestCall, schema?: Schema<Output>): Promise<Output> => {
    let backoff: Backoff | undefined;
    let rateLimits = 0;
    inFlight++;
    try {
      for (;;) {
        try {
          const body = await attempt(call);
          return schema === undefined ? (body as Output) : checked(name, call, schema, body);
        } catch (error) {
          const rateLimited = hasCode(error, "LAVALINK_RATE_LIMITED");
          if (rateLimited ? ++rateLimits > RATE_LIMIT_RETRIES : !mayRetry(error, call, backoff?.attempt ?? 0))
            throw error;
          backoff ??= createBackoff({ baseMs: 250, maximumMs: 5_000, random });
          const waitMs = rateLimited ? Number(error.details["retryAfterMs"]) : backoff.delayMs;
          if (waitMs > RETRY_AFTER_LIMIT_MS) throw error;
          if (!rateLimited) backoff = backoff.next();
          await clock.sleep(waitMs, { signal: call.signal });
        }
      }
    } finally {
      inFlight--;
    }
  };

  const players = (sessionId: string, guildId?: string) => {
    const path = `/v4/sessions/${encodeURIComponent(sessionId)}/players`;
    return guildId === undefined ? path : `${path}/${encodeURIComponent(guildId)}`;
  };
  return {
    loadTracks: (identifier, { signal } = {}) => {
      const path = `/v4/loadtracks?identifier=${encodeURIComponent(identifier)}`;
      return request({ method: "GET", path, idempotent: true, signal }, loadResultSchema);
    },
    info: ({ signal } = {}) => request({ method: "GET", path: "/v4/info", idempotent: true, signal }, nodeInfoSchema),
    players: (sessionId) =>
      request({ method: "GET", path: players(sessionId), idempotent: true }, wirePlayerSchema.array()),
    player: (sessionId, guildId, { signal } = {}) =>
      request({ method: "GET", path: players(sessionId, guildId), idempotent: true, signal }, wirePlayerReader),
    patchPlayer: (sessionId, guildId, body, { signal } = {}) => {
      const idempotent = body.track === undefined;
      return request(
        { method: "PATCH", path: players(sessionId, guildId), body, idempotent, signal },
        wirePlayerReader,
      );
    },
    deletePlayer: (sessionId, guildId) =>
      request({ method: "DELETE", path: players(sessionId, guildId), idempotent: true }),
    configureResuming: async (sessionId, timeoutSeconds) => {
      const body = timeoutSeconds === null ? { resuming: false } : { resuming: true, timeout: timeoutSeconds };
      await request({ method: "PATCH", path: `/v4/sessions/${encodeURIComponent(sessionId)}`, body, idempotent: true });
    },
    request: (call) => request(call),
    get inFlight() {
      return inFlight;
    },
    close: () => pool.destroy(),
  };
}

function mayRetry(error: unknown, call: RestCall, attempt: number): boolean {
  if (!call.idempotent || attempt >= RETRIES) return false;
  return error instanceof LavalinkError && error.retryable;
}

function parseJson(node: string, call: RestCall, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `${call.method} ${call.path}: node "${node}" answered with something that is not JSON.`;
    throw new LavalinkError("LAVALINK_BAD_RESPONSE", message, { details: { node, text: text.slice(0, 200) }, cause });
  }
}

function checked<Output>(node: string, call: RestCall, schema: Schema<Output>, body: unknown): Output {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const message = `${call.method} ${call.path}: node "${node}" answered in a shape that is not Lavalink v4.`;
  throw new LavalinkError("LAVALINK_BAD_RESPONSE", message, { details: { node }, cause: parsed.error });
}

function transportError(node: string, call: RestCall, cause: unknown): LavalinkError {
  if (cause instanceof LavalinkError) return cause;
  const details = { node, method: call.method, path: call.path };
  if (cause instanceof NoAnswer || cause instanceof errors.ConnectTimeoutError) {
    const limit = cause instanceof NoAnswer ? `${cause.limitMs} ms` : "the connect timeout";
    const message = `${call.method} ${call.path}: node "${node}" did not answer within ${limit}.`;
    return new LavalinkError("LAVALINK_TIMEOUT", message, { retryable: true, details, cause });
  }
  const own = `${call.method} ${call.path}: `;
  if (cause instanceof errors.ClientDestroyedError) {
    return new LavalinkError("LAVALINK_CLOSED", `${own}the client was closed meanwhile.`, { details, cause });
  }
  if (cause instanceof TypeError || cause instanceof errors.InvalidArgumentError) {
    const reason = `${own}this cannot be sent (${cause.message}). Nothing was.`;
    return new LavalinkError("LAVALINK_INVALID_ARGUMENT", reason, { details, cause });
  }
  if (cause instanceof errors.ResponseExceededMaxSizeError || cause instanceof errors.HTTPParserError) {
    const reason = `${own}node "${node}" answered with something that is not HTTP, or more than ${RESPONSE_LIMIT_BYTES} bytes.`;
    return new LavalinkError("LAVALINK_BAD_RESPONSE", reason, { details, cause });
  }
  const message = `${own}node "${node}" cannot be reached. Check its host, port and whether it runs.`;
  return new LavalinkError("LAVALINK_UNREACHABLE", message, { retryable: true, details, cause });
}

function errorBody(text: string): ErrorBody | string {
  try {
    const parsed = errorBodySchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {
    // A proxy in front of the node answers in HTML; its text is all there is.
  }
  return text.slice(0, 1000);
}

function refusalCode(status: number, message: string): LavalinkErrorCode {
  if (status === 401 || status === 403) return "LAVALINK_UNAUTHORIZED";
  if (status === 404 && /session/i.test(message)) return "LAVALINK_SESSION_NOT_FOUND";
  if (status === 404 && /player/i.test(message)) return "LAVALINK_PLAYER_NOT_FOUND";
  if (status === 429) return "LAVALINK_RATE_LIMITED";
  return status >= 500 ? "LAVALINK_SERVER_ERROR" : "LAVALINK_BAD_REQUEST";
}

function refusal(
  node: string,
  call: RestCall,
  status: number,
  retryAfter: string | undefined,
  text: string,
): LavalinkError {
  const body = errorBody(text);
  const reason = typeof body === "string" ? body.slice(0, 200) : (body.message ?? body.error);
  const retryAfterMs = Math.max(0, Number(retryAfter ?? 1) * 1000) || 1000;
  const details = {
    node,
    method: call.method,
    path: call.path,
    status,
    body,
    ...(status === 429 ? { retryAfterMs } : {}),
  };
  const message = `${call.method} ${call.path}: node "${node}" answered ${status}: ${reason}`;
  return new LavalinkError(refusalCode(status, reason), message, {
    retryable: status === 429 || status >= 500,
    details,
  });
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, Random } from "@antiphon/std";
import type { FaultDice, LavalinkFaults, RequestFaultPlan } from "./fault-plan.ts";
import type { NodeState } from "./node-state.ts";
import type { ApiRequest, ApiResponse } from "./api-exchange.ts";
import { answer } from "./rest-api.ts";

/** A request that the simulated node answered. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly body: unknown;
  readonly status: number;
}

/** What the HTTP side is built from. */
export interface HttpFrontOptions {
  readonly state: NodeState;
  readonly password: string;
  readonly clock: Clock;
  readonly faults: Pick<LavalinkFaults, "latencyMs" | "jitterMs">;
  readonly dice: FaultDice;
  readonly random: Random;
  readonly requestFaults: RequestFaultPlan;
  record(request: RecordedRequest): void;
}

const BODY_LIMIT_BYTES = 1 << 20;
const NOT_JSON = Symbol("not JSON");

/** Answers one HTTP request; rejects when the client hangs up in the middle of it. */
export function createHttpFront(options: HttpFrontOptions) {
  const { state, password, clock, requestFaults, record, dice } = options;
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path, search] = splitTarget(request.url ?? "/");
    const method = request.method ?? "GET";
    const body = await readJson(request);
    const waitMs = latencyMs(options);
    if (waitMs > 0) await clock.sleep(waitMs);
    if (dice.dropsConnection()) {
      response.destroy();
      return;
    }
    const apiRequest: ApiRequest = { method, path, query: new URLSearchParams(search), body };
    const refusal =
      authorize(request, password) ?? (body === NOT_JSON ? refuse(400, "The body is not JSON") : undefined);
    const fault = refusal === undefined ? requestFaults.take(method, path) : undefined;
    let result = refusal;
    if (fault !== undefined) {
      // The answer is lost, not always the request.
      if (fault.applied === true) answer(state, apiRequest);
      result = refuse(fault.status, fault.message ?? "A fault of the simulator");
    }
    result ??= answer(state, apiRequest);
    record({ method, path, query: search, body, status: result.status });
    const retryAfterSeconds = fault?.retryAfterSeconds;
    const retryAfter = retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) };
    respond(response, apiRequest, result, retryAfter, clock.now());
  };
}

/** The path of a request's target and what follows its question mark. */
function splitTarget(target: string): readonly [path: string, search: string] {
  const mark = target.indexOf("?");
  return mark < 0 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}

function latencyMs({ faults, dice, random }: HttpFrontOptions): number {
  const jitterMs = faults.jitterMs > 0 ? random.next() * faults.jitterMs : 0;
  return faults.latencyMs + jitterMs + dice.spikeMs();
}

function respond(
  response: ServerResponse,
  request: ApiRequest,
  result: ApiResponse,
  retryAfter: Readonly<Record<string, string>>,
  nowMs: number,
): void {
  const headers: Record<string, string> = { "Lavalink-Api-Version": "4", ...retryAfter };
  const { status, body } = result;
  if (body === undefined) {
    if (status !== 204) headers["Content-Length"] = "0";
    response.writeHead(status, headers).end();
    return;
  }
  const isText = typeof body === "string";
  const text = isText ? body : JSON.stringify(status < 400 ? body : errorBody(request, result, nowMs));
  headers["Content-Type"] = isText ? "text/plain" : "application/json";
  // Known before the head is written, so that both leave as one.
  headers["Content-Length"] = String(Buffer.byteLength(text));
  response.writeHead(status, headers).end(text);
}

function errorBody(request: ApiRequest, { status, body }: ApiResponse, nowMs: number): object {
  const { message } = body as { readonly message: string };
  const error = { timestamp: nowMs, status, error: statusName(status), message, path: request.path };
  return request.query.get("trace") === "true" ? { ...error, trace: `simulated: ${message}` } : error;
}

function authorize(request: IncomingMessage, password: string): ApiResponse | undefined {
  const given = request.headers.authorization;
  if (given === undefined) return refuse(401, "Authorization is missing");
  return given === password ? undefined : refuse(403, "Authorization is wrong");
}

function refuse(status: number, message: string): ApiResponse {
  return { status, body: { message } };
}

const statusNames: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** The reason phrase of a status. */
export function statusName(status: number): string {
  return statusNames[status] ?? "Error";
}

/** Reads a body of at most 1 MiB; what is longer is cut and so no JSON. Rejects when the client hangs up before its end. */
function readJson(request: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= BODY_LIMIT_BYTES) chunks.push(chunk);
    });
    request.once("end", () => resolve(chunks.length === 0 ? undefined : parseJson(Buffer.concat(chunks))));
    request.once("error", reject);
  });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return NOT_JSON;
  }
}

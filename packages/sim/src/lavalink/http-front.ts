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
    const url = new URL(request.url ?? "/", "http://localhost");
    const method = request.method ?? "GET";
    const body = await readJson(request);
    const waitMs = latencyMs(options);
    if (waitMs > 0) await clock.sleep(waitMs);
    if (dice.dropsConnection()) {
      response.destroy();
      return;
    }
    const apiRequest: ApiRequest = { method, path: url.pathname, query: url.searchParams, body };
    const refusal =
      authorize(request, password) ?? (body === NOT_JSON ? refuse(400, "The body is not JSON") : undefined);
    const fault = refusal === undefined ? requestFaults.take(method, url.pathname) : undefined;
    let result = refusal;
    if (fault !== undefined) {
      // The answer is lost, not always the request.
      if (fault.applied === true) answer(state, apiRequest);
      result = refuse(fault.status, fault.message ?? "A fault of the simulator");
    }
    result ??= answer(state, apiRequest);
    record({ method, path: url.pathname, query: url.search.slice(1), body, status: result.status });
    const retryAfter = fault?.retryAfterSeconds;
    if (retryAfter !== undefined) response.setHeader("Retry-After", String(retryAfter));
    respond(response, apiRequest, result, clock.now());
  };
}

function latencyMs({ faults, dice, random }: HttpFrontOptions): number {
  const jitterMs = faults.jitterMs > 0 ? random.next() * faults.jitterMs : 0;
  return faults.latencyMs + jitterMs + dice.spikeMs();
}

function respond(response: ServerResponse, request: ApiRequest, result: ApiResponse, nowMs: number): void {
  response.setHeader("Lavalink-Api-Version", "4");
  response.statusCode = result.status;
  if (result.body === undefined) {
    response.end();
  } else if (typeof result.body === "string") {
    response.setHeader("Content-Type", "text/plain").end(result.body);
  } else {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(result.status < 400 ? result.body : errorBody(request, result, nowMs)));
  }
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

/** Reads a body of at most 1 MiB; what is longer is cut and so no JSON. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  if (chunks.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return NOT_JSON;
  }
}

import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { describeError } from "@antiphon/std";
import type { Transcript } from "../transcript.ts";
import type { ApplicationRecord, WorldState } from "../world/state.ts";
import { ApiError, refuse } from "./api-error.ts";
import { createForm } from "./form.ts";
import type { InvalidRequestGate } from "./invalid-requests.ts";
import type { RestFailures } from "./rest-failures.ts";
import type { LimitedRequest, LimitVerdict } from "./rate-limiter.ts";
import { readRequestBody } from "./request-body.ts";
import type { GatewayStatus, Reply, Route } from "./route.ts";
import { matchRoute } from "./router.ts";

/** What the HTTP side works with. */
export interface RestContext {
  readonly state: WorldState;
  readonly transcript: Transcript;
  readonly gateway: GatewayStatus;
  readonly failures: RestFailures;
  readonly limiter: (request: LimitedRequest) => LimitVerdict;
  readonly invalidRequests: InvalidRequestGate;
  /** What the answer waits before it goes out, in milliseconds. */
  readonly nextLatencyMs: () => number;
}

/** An answer on its way out. */
interface Answer extends Reply {
  readonly headers?: Readonly<Record<string, string>>;
  /** A page, as Cloudflare answers in place of Discord. */
  readonly html?: string;
}

/** Answers every request below `/api` and `/attachments`; never throws. */
export function createRestHandler(
  context: RestContext,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { transcript, state, invalidRequests } = context;
  let nextRequest = 1;
  return async (request, response) => {
    const url = new URL(request.url ?? "/", "http://simulator");
    if (request.method === "GET" && url.pathname.startsWith("/attachments/"))
      return serveFile(state, url.pathname, response);
    const method = request.method ?? "GET";
    const requestId = nextRequest++;
    let answer: Answer;
    let text = "";
    try {
      const body = await readRequestBody(request);
      ({ text } = body);
      transcript.add({ type: "request", requestId, method, path: url.pathname + url.search, text });
      answer = shutOut(context, request) ?? (await respond(context, request, url, body));
    } catch (error) {
      answer = failureOf(context, error);
    }
    invalidRequests.note(addressOf(request), answer.status, answer.headers?.["X-RateLimit-Scope"]);
    const payload = answer.html ?? (answer.body === undefined ? "" : JSON.stringify(answer.body));
    transcript.add({
      type: "response",
      requestId,
      method,
      path: url.pathname + url.search,
      status: answer.status,
      text: payload,
    });
    const latencyMs = context.nextLatencyMs();
    if (latencyMs > 0) {
      await state.clock.sleep(latencyMs, { signal: state.closing }).catch(() => {}); // Checked right below.
      if (state.closing.aborted) return;
    }
    // 204 without a content type: discord.js would try to parse it.
    response.writeHead(answer.status, {
      ...answer.headers,
      ...(payload === "" ? {} : { "Content-Type": answer.html === undefined ? "application/json" : "text/html" }),
    });
    response.end(payload);
  };
}

const addressOf = (request: IncomingMessage) => request.socket.remoteAddress ?? "";

/** A page in place of an answer. */
function page(status: number, title: string): Answer {
  const html = `<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center><hr><center>cloudflare</center></body></html>`;
  return { status, html, headers: { Server: "cloudflare" } };
}

/** What Cloudflare answers before Discord sees a request: a ban of the address, or a refusal of clients that do not say who they are. */
function shutOut({ invalidRequests }: RestContext, request: IncomingMessage): Answer | undefined {
  const retryAfterS = invalidRequests.shutOutS(addressOf(request));
  if (retryAfterS > 0) {
    const answer = page(429, "error code: 1015");
    return { ...answer, headers: { ...answer.headers, "Retry-After": String(retryAfterS) } };
  }
  if ((request.headers["user-agent"] ?? "").trim() === "") throw refuse("noUserAgent");
  return undefined;
}

function failureOf({ transcript }: RestContext, error: unknown): Answer {
  if (error instanceof ApiError) return { status: error.status, body: error.body };
  transcript.add({ type: "problem", text: `The simulator failed: ${describeError(error)}` });
  return { status: 500, body: { message: "500: Internal Server Error", code: 0 } };
}

async function respond(
  context: RestContext,
  request: IncomingMessage,
  url: URL,
  body: Awaited<ReturnType<typeof readRequestBody>>,
): Promise<Answer> {
  const { state, gateway, failures, limiter, transcript } = context;
  const method = request.method ?? "GET";
  const failure = failures.next(`${method} ${url.pathname}`);
  if (failure !== undefined) return page(failure, `${failure} ${STATUS_CODES[failure] ?? ""}`.trim());
  const path = /^\/api\/v(?:9|10)(\/.*)$/.exec(url.pathname)?.[1];
  const match = path === undefined ? ({ kind: "unknown" } as const) : matchRoute(method, path);
  if (match.kind === "unknown") {
    transcript.add({ type: "problem", text: `Nothing answers ${method} ${url.pathname}.` });
    throw refuse("notFound");
  }
  if (match.kind === "otherMethod") throw refuse("methodNotAllowed");
  const { route, params } = match;
  const application = findApplication(state, request.headers.authorization);
  if (!route.isOpen && application === undefined) throw refuse("unauthorized");
  const verdict = limiter(limitedRequest(route, params, application?.id ?? request.socket.remoteAddress ?? ""));
  const { headers } = verdict;
  if (verdict.refusal !== undefined) return { status: 429, headers, body: verdict.refusal };
  const authenticate = (): ApplicationRecord => {
    if (application === undefined) throw refuse("unauthorized");
    return application;
  };
  try {
    checkIds(params);
    const reason = readReason(request.headers["x-audit-log-reason"]);
    const call = { state, gateway, params, query: url.searchParams, reason, body: body.json, files: body.files };
    return { ...(await route.handle(call, authenticate)), headers };
  } catch (error) {
    return { ...failureOf(context, error), headers };
  }
}

/** The reason for the audit log, which is percent-encoded UTF-8 of at most 512 characters. */
function readReason(header: string | string[] | undefined): string | undefined {
  if (typeof header !== "string") return undefined;
  const form = createForm();
  let reason: string | undefined;
  try {
    reason = form.text(decodeURIComponent(header), ["reason"], { maximum: 512 });
  } catch {
    form.fail(["reason"], "STRING_TYPE_CONVERT", "Could not interpret the reason as a string.");
  }
  form.finish();
  return reason;
}

/** Refuses ids that are none, as Discord does before it looks for anything; `@me` and `@original` are names. */
function checkIds(params: Readonly<Record<string, string>>): void {
  const form = createForm();
  for (const [name, value] of Object.entries(params)) {
    if (!name.endsWith("Id") || value.startsWith("@")) continue;
    form.snowflake(value, [name.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)]);
  }
  form.finish();
}

/** Webhooks and interactions count per token; the other major parameters are the channel and the guild. */
function limitedRequest(route: Route, params: Readonly<Record<string, string>>, caller: string): LimitedRequest {
  const { interactionToken, channelId, guildId } = params;
  return {
    routeId: `${route.method} ${route.path}`,
    majorId: interactionToken ?? channelId ?? guildId ?? "",
    // Tokens are their own callers: with or without an Authorization header it is the same webhook.
    caller: interactionToken === undefined ? caller : "",
    isExemptFromGlobal: route.isExemptFromGlobal,
    limit: route.limit,
  };
}

function findApplication(state: WorldState, authorization: string | undefined): ApplicationRecord | undefined {
  if (authorization?.startsWith("Bot ") !== true) return undefined;
  const token = authorization.slice("Bot ".length);
  return [...state.applications.values()].find((application) => application.token === token);
}

function serveFile(state: WorldState, pathname: string, response: ServerResponse): void {
  const file = state.files.get(pathname.slice("/attachments/".length));
  if (file === undefined) response.writeHead(404).end();
  else response.writeHead(200, { "Content-Type": file.contentType }).end(file.data);
}

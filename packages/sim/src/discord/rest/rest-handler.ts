import type { IncomingMessage, ServerResponse } from "node:http";
import { describeError } from "@antiphon/std";
import type { Transcript } from "../transcript.ts";
import type { ApplicationRecord, WorldState } from "../world/state.ts";
import { ApiError, refuse } from "./api-error.ts";
import { createForm } from "./form.ts";
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
}

/** An answer on its way out. */
interface Answer extends Reply {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers every request below `/api` and `/attachments`; never throws. */
export function createRestHandler(
  context: RestContext,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { transcript, state } = context;
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
      answer = await respond(context, request, url, body);
    } catch (error) {
      answer = failureOf(context, error);
    }
    const payload = answer.body === undefined ? "" : JSON.stringify(answer.body);
    transcript.add({
      type: "response",
      requestId,
      method,
      path: url.pathname + url.search,
      status: answer.status,
      text: payload,
    });
    // 204 without a content type: discord.js would try to parse it.
    response.writeHead(answer.status, {
      ...answer.headers,
      ...(payload === "" ? {} : { "Content-Type": "application/json" }),
    });
    response.end(payload);
  };
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
  if (failure !== undefined) return { status: failure };
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
    const call = { state, gateway, params, query: url.searchParams, body: body.json, files: body.files };
    return { ...(await route.handle(call, authenticate)), headers };
  } catch (error) {
    return { ...failureOf(context, error), headers };
  }
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

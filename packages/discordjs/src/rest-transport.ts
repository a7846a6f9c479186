import type { RestRequestOptions, RestTransport } from "@antiphon/protocol/discord";
import { describeError } from "@antiphon/std";
import {
  DiscordAPIError,
  HTTPError,
  RateLimitError,
  type Client,
  type RequestData,
  type RequestMethod,
} from "discord.js";
import { DiscordJsError } from "./discordjs-error.ts";

function queryOf(query: RestRequestOptions["query"]): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const item of typeof value === "object" ? value : [value]) parameters.append(key, String(item));
  }
  return parameters;
}

/** discord.js reads a body without a JSON content type as bytes; an empty one is a 204. */
function resultOf(body: unknown): unknown {
  return body instanceof ArrayBuffer && body.byteLength === 0 ? undefined : body;
}

function requestError(error: unknown, operation: string): DiscordJsError {
  const problem = `${operation}: ${describeError(error)}`;
  if (error instanceof DiscordAPIError) {
    const { status, code, rawError } = error;
    const details = { status, code, errors: "errors" in rawError ? rawError.errors : undefined };
    return new DiscordJsError("DISCORDJS_REQUEST_REJECTED", problem, {
      cause: error,
      details,
      retryable: status >= 500,
    });
  }
  if (error instanceof HTTPError) {
    const details = { status: error.status };
    return new DiscordJsError("DISCORDJS_REQUEST_REJECTED", problem, {
      cause: error,
      details,
      retryable: error.status >= 500,
    });
  }
  if (error instanceof RateLimitError) {
    const details = { status: 429, retryAfterMs: error.retryAfter };
    return new DiscordJsError("DISCORDJS_REQUEST_REJECTED", problem, { cause: error, details, retryable: true });
  }
  return new DiscordJsError("DISCORDJS_REQUEST_FAILED", problem, { cause: error, retryable: true });
}

/**
 * The body as discord.js takes it. Files are encoded here instead of there: discord.js builds a FormData for undici 6 but sends it
 * through undici's process-wide dispatcher, which is another version's, and cannot read it, when that one was loaded first.
 */
async function bodyOf({
  body,
  files,
}: RestRequestOptions): Promise<Pick<RequestData, "body" | "headers" | "passThroughBody">> {
  if (files === undefined || files.length === 0) return body === undefined ? {} : { body };
  const form = new FormData();
  if (body !== undefined) form.append("payload_json", JSON.stringify(body));
  for (const [index, { name, data, contentType = "application/octet-stream" }] of files.entries()) {
    form.append(
      `files[${index}]`,
      new Blob([typeof data === "string" ? data : new Uint8Array(data)], { type: contentType }),
      name,
    );
  }
  const encoded = new Response(form);
  const headers = { "content-type": encoded.headers.get("content-type") ?? "multipart/form-data" };
  return { body: new Uint8Array(await encoded.arrayBuffer()), headers, passThroughBody: true };
}

/** The path without the tokens that interaction and webhook routes carry. */
function withoutToken(path: string): string {
  return path.replace(/^\/(interactions|webhooks)\/(\d+)\/[^/]+/, "/$1/$2/[redacted]");
}

/** Sends requests through a discord.js client, within its rate limits. */
export function createRestTransport(client: Client): RestTransport {
  return {
    async request<Result>(...[method, path, options = {}]: Parameters<RestTransport["request"]>): Promise<Result> {
      const { query, reason, authenticate = true, signal } = options;
      try {
        const answer = await client.rest.request({
          method: method as RequestMethod,
          fullRoute: path as `/${string}`,
          query: queryOf(query),
          auth: authenticate,
          ...(await bodyOf(options)),
          ...(reason !== undefined && { reason }),
          ...(signal !== undefined && { signal }),
        });
        return resultOf(answer) as Result;
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason;
        throw requestError(error, `${method} ${withoutToken(path)}`);
      }
    },
  };
}

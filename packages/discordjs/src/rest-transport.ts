import { readFileContent, type RestRequestOptions, type RestTransport } from "@antiphon/protocol/discord";
import { describeError } from "@antiphon/std";
import {
  DiscordAPIError,
  HTTPError,
  RateLimitError,
  type Client,
  type RequestData,
  type RequestMethod,
  type ResponseLike,
} from "discord.js";
import { DiscordJsError } from "./discordjs-error.ts";

/** The most bytes of a file; Discord takes fewer. */
const FILE_LIMIT_BYTES = 100 * 1024 * 1024;

function queryOf(query: RestRequestOptions["query"]): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const item of typeof value === "object" ? value : [value]) parameters.append(key, String(item));
  }
  return parameters;
}

/** The answer in the format that was asked for; nothing for a 204. */
async function resultOf(response: ResponseLike, format: "bytes" | "json", operation: string): Promise<unknown> {
  const bytes = await response.arrayBuffer();
  if (format === "bytes") return bytes;
  if (bytes.byteLength === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as unknown;
  } catch (error) {
    const { status } = response;
    const message = `${operation}: was answered with ${status} and a body that is not JSON.`;
    throw new DiscordJsError("DISCORDJS_INVALID_RESPONSE", message, { cause: error, details: { status } });
  }
}

/** The caller's headers, less those that are set anyway: names differ in case, and discord.js would send both. */
function headersOf(options: RestRequestOptions, contentType: string | undefined): Record<string, string> {
  const { headers = {}, authenticate = true, reason } = options;
  const own = new Set(["user-agent", "content-type"]);
  if (authenticate) own.add("authorization");
  if (reason !== undefined) own.add("x-audit-log-reason");
  const given = Object.entries(headers).filter(([name]) => !own.has(name.toLowerCase()));
  return { ...Object.fromEntries(given), ...(contentType !== undefined && { "content-type": contentType }) };
}

function requestError(error: unknown, operation: string): DiscordJsError {
  if (error instanceof DiscordJsError) return error;
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

/** What goes into the form: its own fields, or the body as JSON. */
function fieldsOf({ body, bodyFormat }: RestRequestOptions): (readonly [string, string])[] {
  if (bodyFormat !== "form") return body === undefined ? [] : [["payload_json", JSON.stringify(body)]];
  const given = Object.entries(body ?? {}).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => [name, String(value)]);
}

/**
 * The body as discord.js takes it. Files are encoded here instead of there: discord.js builds a FormData for undici 6 but sends it
 * through undici's process-wide dispatcher, which is another version's, and cannot read it, when that one was loaded first.
 */
async function bodyOf(options: RestRequestOptions): Promise<Pick<RequestData, "body" | "headers" | "passThroughBody">> {
  const { body, bodyFormat = "json", files = [] } = options;
  if (files.length === 0 && bodyFormat === "json")
    return { headers: headersOf(options, undefined), ...(body !== undefined && { body }) };
  const fields = fieldsOf(options);
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  for (const [index, file] of files.entries()) {
    const { name, contentType = "application/octet-stream", field = `files[${index}]` } = file;
    form.append(field, new Blob([await readFileContent(file, FILE_LIMIT_BYTES)], { type: contentType }), name);
  }
  const encoded = new Response(files.length === 0 ? new URLSearchParams(Object.fromEntries(fields)) : form);
  const headers = headersOf(options, encoded.headers.get("content-type") ?? "multipart/form-data");
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
      const { query, reason, authenticate = true, signal, responseFormat = "json" } = options;
      const operation = `${method} ${withoutToken(path)}`;
      try {
        // Not `request`, which goes by the answer's content type instead of by what was asked for.
        const response = await client.rest.queueRequest({
          method: method as RequestMethod,
          fullRoute: path as `/${string}`,
          query: queryOf(query),
          auth: authenticate,
          ...(await bodyOf(options)),
          ...(reason !== undefined && { reason }),
          ...(signal !== undefined && { signal }),
        });
        return (await resultOf(response, responseFormat, operation)) as Result;
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason;
        throw requestError(error, operation);
      }
    },
  };
}

import type { RestMethod, RestRequestOptions } from "@antiphon/protocol/discord";
import { describeError, type Random } from "@antiphon/std";
import { encodeMultipart } from "./multipart.ts";
import { RestError } from "./rest-error.ts";
import type { StreamedBody } from "./streamed-body.ts";

/** A request as it goes out, the same bytes at each attempt. */
export interface PreparedRequest {
  readonly method: RestMethod;
  /** The path without the query; relative to the API's root. */
  readonly path: string;
  /** The query with its `?`, or nothing. */
  readonly search: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | StreamedBody | string | null;
  /** Whether a 2xx is given as the bytes it has. */
  readonly wantsBytes: boolean;
  /** Whether sending it twice does no harm. */
  readonly repeatable: boolean;
  /** How often it may be sent again; undefined for the client's own number. */
  readonly retries: number | undefined;
}

/** What all requests of a client share. */
export interface RequestDefaults {
  readonly userAgent: string;
  /** The Authorization header; undefined without a token. */
  readonly authorization: string | undefined;
  /** Whether messages get a nonce, so that they can be sent again. */
  readonly enforceNonce: boolean;
  /** The most bytes of a multipart body. */
  readonly uploadLimitBytes: number;
  readonly random: Random;
}

const MESSAGE_ROUTE = /^\/channels\/\d+\/messages$/;
/** What nearly every path looks like, for which the closer look is not needed. */
const PLAIN_PATH = /^(?:\/[\w@:~-]+)+$/;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\u0020-\u007e]*$/;
const REASON_MAXIMUM_CHARACTERS = 512;

const invalid = (method: RestMethod, problem: string, cause?: unknown) =>
  new RestError("REST_INVALID_REQUEST", `${method} request: ${problem}`, { cause });

function checkPath(method: RestMethod, path: string): string {
  if (PLAIN_PATH.test(path)) return path;
  const segments = path.split("/");
  const dots = segments.some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
  if (!path.startsWith("/") || path.startsWith("//") || /[\s?#\\]/.test(path) || dots) {
    // The path itself may hold a token, so it stays out of the message.
    throw invalid(
      method,
      "the path must start with one slash and hold no query, blanks or dot segments; encode its parts.",
    );
  }
  // An emoji of a reaction, for instance; what is escaped already stays as it is.
  return path.replaceAll(/[^\u0021-\u007e]+/g, encodeURIComponent);
}

function encodeQuery(query: RestRequestOptions["query"]): string {
  if (query === undefined) return "";
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of typeof value === "object" ? value : [value]) parameters.append(name, String(item));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

function encodeReason(method: RestMethod, reason: string): string {
  const { length } = Array.from(reason);
  if (length < 1 || length > REASON_MAXIMUM_CHARACTERS) {
    throw invalid(method, `reason must have 1 to ${REASON_MAXIMUM_CHARACTERS} characters, not ${length}.`);
  }
  try {
    return encodeURIComponent(reason);
  } catch (error) {
    throw invalid(method, "reason is not well-formed text.", error);
  }
}

/** The caller's own headers; those that this package sets by itself win. */
function ownHeaders(method: RestMethod, given: RestRequestOptions["headers"]): Record<string, string> {
  const headers: Record<string, string> = {};
  if (given === undefined) return headers;
  for (const [name, value] of Object.entries(given)) {
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
      // The value may be a secret, so it stays out of the message.
      throw invalid(method, `the header ${JSON.stringify(name)} has a name or a value that HTTP does not allow.`);
    }
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function toJson(method: RestMethod, body: unknown): string | undefined {
  if (body === undefined) return undefined;
  try {
    return JSON.stringify(body);
  } catch (error) {
    throw invalid(method, `the body cannot be written as JSON: ${describeError(error)}`, error);
  }
}

/** The body's entries as the fields of a form. */
function toFields(method: RestMethod, body: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  if (body === undefined) return fields;
  if (typeof body !== "object" || body === null) throw invalid(method, "a form's body must be an object.");
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined) continue;
    // What it holds may be a secret, so only its name is told.
    if (typeof value === "object" || typeof value === "function" || typeof value === "symbol")
      throw invalid(method, `the form's field ${JSON.stringify(name)} must be a text, a number or a boolean.`);
    fields[name] = String(value);
  }
  return fields;
}

type EncodedBody = { readonly contentType: string; readonly body: NonNullable<PreparedRequest["body"]> };

function encodeBody(
  method: RestMethod,
  body: unknown,
  { bodyFormat = "json", files = [] }: RestRequestOptions,
  uploadLimitBytes: number,
): EncodedBody | undefined {
  if (bodyFormat === "form") {
    const fields = toFields(method, body);
    if (files.length > 0) return encodeMultipart(fields, files, uploadLimitBytes);
    return { contentType: "application/x-www-form-urlencoded", body: new URLSearchParams(fields).toString() };
  }
  const json = toJson(method, body);
  if (files.length > 0)
    return encodeMultipart(json === undefined ? {} : { payload_json: json }, files, uploadLimitBytes);
  return json === undefined ? undefined : { contentType: "application/json", body: json };
}

interface Nonced {
  readonly body: unknown;
  readonly enforced: boolean;
}

/**
 * Discord answers a second message with the same enforced nonce with the first one, which makes sending a message repeatable.
 *
 * @see [Discord Docs/Message, "Create Message", `enforce_nonce`]
 */
function withNonce(method: RestMethod, path: string, body: unknown, defaults: RequestDefaults): Nonced {
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  if (method !== "POST" || !isObject || !MESSAGE_ROUTE.test(path)) return { body, enforced: false };
  const { nonce, enforce_nonce: enforce } = body as { readonly nonce?: unknown; readonly enforce_nonce?: unknown };
  if (nonce !== undefined && nonce !== null) return { body, enforced: enforce === true };
  if (!defaults.enforceNonce || enforce !== undefined) return { body, enforced: false };
  // At most 25 characters; digits only, as clients of Discord's own send.
  const half = () => String(defaults.random.integer(0, 999_999_999)).padStart(9, "0");
  return { body: { ...body, nonce: half() + half(), enforce_nonce: true }, enforced: true };
}

/**
 * Checks and encodes a request.
 *
 * @throws RestError REST_INVALID_REQUEST, REST_UPLOAD_TOO_LARGE
 */
export function prepareRequest(
  method: RestMethod,
  path: string,
  options: RestRequestOptions,
  defaults: RequestDefaults,
): PreparedRequest {
  const checkedPath = checkPath(method, path);
  const nonced = withNonce(method, checkedPath, options.body, defaults);
  const encoded = encodeBody(method, nonced.body, options, defaults.uploadLimitBytes);
  const headers = ownHeaders(method, options.headers);
  headers["user-agent"] = defaults.userAgent;
  if (options.authenticate !== false) {
    if (defaults.authorization === undefined) throw invalid(method, "it needs a token, and createRest was given none.");
    headers["authorization"] = defaults.authorization;
  }
  if (options.reason !== undefined) headers["x-audit-log-reason"] = encodeReason(method, options.reason);
  if (encoded !== undefined) headers["content-type"] = encoded.contentType;
  // Discord's PATCH routes set values, so doing it twice is doing it once.
  const repeatable = method !== "POST" || nonced.enforced;
  return {
    method,
    path: checkedPath,
    search: encodeQuery(options.query),
    headers,
    body: encoded?.body ?? null,
    wantsBytes: options.responseFormat === "bytes",
    repeatable,
    retries: options.retries,
  };
}

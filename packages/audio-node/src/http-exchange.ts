import { createHash, timingSafeEqual } from "node:crypto";
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { RequestError } from "./node-error.ts";
import { toWireJson } from "./track.ts";

/** What a route answers; `body` is sent as JSON, a string as text, undefined as nothing. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const MAXIMUM_BODY_BYTES = 1024 * 1024;

/** The version of the API, which every answer names. */
export const API_VERSION_HEADER = ["Lavalink-Api-Version", "4"] as const;

/** What a client without the password is told. */
export const WRONG_PASSWORD = "The password in the Authorization header is missing or wrong.";

/** The path and the query that a request asks for; what it calls this host does not count. */
export function urlOf(request: IncomingMessage): URL {
  return URL.parse(request.url ?? "/", "http://node") ?? new URL("http://node/");
}

/** Compares a password in a time that tells nothing about it. */
export function createPasswordCheck(password: string): (given: string | undefined) => boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const expected = digest(password);
  return (given) => given !== undefined && timingSafeEqual(digest(given), expected);
}

/** Reads a JSON body; throws a RequestError when it is too large or is none. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    sizeBytes += piece.length;
    if (sizeBytes > MAXIMUM_BODY_BYTES)
      throw new RequestError(413, `The body is larger than ${MAXIMUM_BODY_BYTES} bytes.`);
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8")) as unknown;
  } catch {
    throw new RequestError(400, "The body is not valid JSON.");
  }
}

/** The body of an answer that is not 2xx. @see Lavalink docs, "Error Responses" */
export function errorBody(status: number, message: string, path: string, trace: string | undefined) {
  return {
    timestamp: Date.now(),
    status,
    error: STATUS_CODES[status] ?? "Error",
    ...(trace === undefined ? {} : { trace }),
    message,
    path,
  };
}

/** Sends an answer. */
export function sendAnswer(response: ServerResponse, { status, body }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.setHeader(...API_VERSION_HEADER);
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const isText = typeof body === "string";
  const bytes = Buffer.from(isText ? body : toWireJson(body));
  response
    .writeHead(status, { "content-type": isText ? "text/plain" : "application/json", "content-length": bytes.length })
    .end(bytes);
}

import { createHash, randomBytes } from "node:crypto";
import { WebSocketError } from "./web-socket-error.ts";

/** What became of a handshake. */
export type HandshakeAnswer =
  /** The WebSocket is open; `rest` are the bytes that follow the answer. */
  | { readonly isOpen: true; readonly rest: Buffer }
  /** The server answered something else; `status` is that of its answer when it was HTTP. */
  | { readonly isOpen: false; readonly problem: string; readonly status: number | undefined };

/** The opening handshake of a WebSocket. */
export interface Handshake {
  /** What to send first, in latin1. */
  readonly request: string;
  /** Takes a part of the answer, wherever it was cut; undefined until that is complete. */
  receive(chunk: Uint8Array): HandshakeAnswer | undefined;
}

/** What every server appends to the key. @see RFC 6455, section 1.3 */
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAXIMUM_ANSWER_BYTES = 16 * 1024;
const END_OF_HEAD = "\r\n\r\n";
/** @see RFC 9110, section 5.1 and 5.5 */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const OWN_HEADERS = /^(?:host|connection|upgrade|content-length|transfer-encoding|sec-websocket-.*)$/i;

/** The lines of the caller's headers; their values, which may be secrets, stand in no error. */
function headerLines(headers: Readonly<Record<string, string>>): string[] {
  const reject = (name: string, problem: string): never => {
    throw new WebSocketError("WEB_SOCKET_INVALID_HEADER", `openWebSocket: header ${JSON.stringify(name)} ${problem}`);
  };
  return Object.entries(headers).map(([name, value]) => {
    if (!HEADER_NAME.test(name)) reject(name, "has a name that HTTP does not allow.");
    if (OWN_HEADERS.test(name)) reject(name, "belongs to the handshake; leave it out.");
    if (!HEADER_VALUE.test(value)) reject(name, "has a line break or another character that HTTP does not allow.");
    return `${name}: ${value}`;
  });
}

/** What is wrong with an answer, if anything. */
function answerProblem(statusLine: string, lines: readonly string[], key: string): string | undefined {
  if (!/^HTTP\/1\.1 101(?: |$)/.test(statusLine))
    return `the server answered ${statusLine.slice(0, 100)} instead of opening a WebSocket`;
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const accept = createHash("sha1").update(`${key}${ACCEPT_SUFFIX}`).digest("base64");
  if (headers.get("upgrade")?.toLowerCase() !== "websocket" || headers.get("sec-websocket-accept") !== accept)
    return "the server's answer does not belong to the handshake";
  const chosen = ["sec-websocket-extensions", "sec-websocket-protocol"].find((name) => headers.has(name));
  return chosen === undefined ? undefined : `the server chose a ${chosen} that was not offered`;
}

/** Builds a {@link Handshake} for a `ws:` or `wss:` URL; throws a WebSocketError WEB_SOCKET_INVALID_HEADER. */
export function createHandshake(url: URL, headers: Readonly<Record<string, string>>): Handshake {
  const key = randomBytes(16).toString("base64");
  let answer = Buffer.alloc(0);
  return {
    request: [
      `GET ${url.pathname}${url.search} HTTP/1.1`,
      `Host: ${url.host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      ...headerLines(headers),
      `Sec-WebSocket-Key: ${key}`,
      `Sec-WebSocket-Version: 13${END_OF_HEAD}`,
    ].join("\r\n"),
    receive(chunk) {
      answer = Buffer.concat([answer, chunk]);
      const end = answer.indexOf(END_OF_HEAD);
      if (end < 0 ? answer.length > MAXIMUM_ANSWER_BYTES : end > MAXIMUM_ANSWER_BYTES)
        return {
          isOpen: false,
          problem: `the server's answer is over ${MAXIMUM_ANSWER_BYTES} bytes`,
          status: undefined,
        };
      if (end < 0) return undefined;
      const [statusLine = "", ...lines] = answer.toString("latin1", 0, end).split("\r\n");
      const problem = answerProblem(statusLine, lines, key);
      if (problem === undefined) return { isOpen: true, rest: answer.subarray(end + END_OF_HEAD.length) };
      const status = /^HTTP\/1\.\d ([2-5]\d\d)(?: |$)/.exec(statusLine)?.[1];
      return { isOpen: false, problem, status: status === undefined ? undefined : Number(status) };
    },
  };
}

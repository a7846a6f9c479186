import { createHash, randomBytes } from "node:crypto";

/** The opening handshake of a WebSocket. */
export interface Handshake {
  /** What to send first. */
  readonly request: string;
  /**
   * Takes a part of the answer, wherever it was cut; gives the bytes that follow the answer once it is complete. Throws an Error that
   * says what the server answered instead.
   */
  receive(chunk: Uint8Array): Buffer | undefined;
}

/** What every server appends to the key. @see RFC 6455, section 1.3 */
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAXIMUM_ANSWER_BYTES = 16 * 1024;
const END_OF_HEAD = "\r\n\r\n";

function check(head: string, key: string): void {
  const [statusLine = "", ...lines] = head.split("\r\n");
  if (!/^HTTP\/1\.1 101(?: |$)/.test(statusLine))
    throw new Error(`the server answered ${statusLine.slice(0, 100)} instead of opening a WebSocket`);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const accept = createHash("sha1").update(`${key}${ACCEPT_SUFFIX}`).digest("base64");
  if (headers.get("upgrade")?.toLowerCase() !== "websocket" || headers.get("sec-websocket-accept") !== accept)
    throw new Error("the server's answer does not belong to the handshake");
  for (const name of ["sec-websocket-extensions", "sec-websocket-protocol"])
    if (headers.has(name)) throw new Error(`the server chose a ${name} that was not offered`);
}

/** Builds a {@link Handshake} for a `ws:` or `wss:` URL. */
export function createHandshake(url: URL): Handshake {
  const key = randomBytes(16).toString("base64");
  let answer = Buffer.alloc(0);
  return {
    request: [
      `GET ${url.pathname}${url.search} HTTP/1.1`,
      `Host: ${url.host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${key}`,
      `Sec-WebSocket-Version: 13${END_OF_HEAD}`,
    ].join("\r\n"),
    receive(chunk) {
      answer = Buffer.concat([answer, chunk]);
      const end = answer.indexOf(END_OF_HEAD);
      if (end < 0 ? answer.length > MAXIMUM_ANSWER_BYTES : end > MAXIMUM_ANSWER_BYTES)
        throw new Error(`the server's answer is over ${MAXIMUM_ANSWER_BYTES} bytes`);
      if (end < 0) return undefined;
      check(answer.toString("latin1", 0, end), key);
      return answer.subarray(end + END_OF_HEAD.length);
    },
  };
}

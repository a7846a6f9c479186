import { connect, isIP, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { WebSocketError } from "./web-socket-error.ts";

/** How much is read at once. */
const READ_BYTES = 64 * 1024;

/** Reads where to connect to; throws a WebSocketError WEB_SOCKET_INVALID_URL, which leaves out what may be secret. */
export function parseAddress(address: string): URL {
  const reject = (problem: string): never => {
    throw new WebSocketError("WEB_SOCKET_INVALID_URL", `openWebSocket: ${problem}`);
  };
  const url = URL.parse(address) ?? reject("the address is no URL; give one as wss://host/path.");
  if (url.protocol !== "ws:" && url.protocol !== "wss:")
    reject(`the address begins with ${url.protocol} instead of ws: or wss:.`);
  if (url.username !== "" || url.password !== "")
    reject(`the address of ${url.host} holds a password; send it with the header Authorization.`);
  return url;
}

/** What a connection tells. */
export interface DialHandlers {
  readonly onConnected: () => void;
  /** What was read; only valid during the call. */
  readonly onData: (data: Buffer) => void;
}

/** Connects by TCP, or TLS; everything is read into one buffer that is used again and again. */
export function dial(url: URL, { onConnected, onData }: DialHandlers): Socket {
  const isSecure = url.protocol === "wss:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(url.port) || (isSecure ? 443 : 80);
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const callback = (sizeBytes: number) => {
    onData(buffer.subarray(0, sizeBytes));
    return true;
  };
  const options = { host, port, noDelay: true, onread: { buffer, callback } };
  if (!isSecure) return connect(options, onConnected);
  const server = isIP(host) === 0 ? { servername: host } : {};
  return connectSecurely({ ...options, ...server, ALPNProtocols: ["http/1.1"] }, onConnected);
}

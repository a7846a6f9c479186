import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { API_VERSION_HEADER, errorBody, urlOf, WRONG_PASSWORD } from "./http-exchange.ts";
import { RequestError } from "./node-error.ts";

/** Who wants a WebSocket. */
export interface UpgradeRequest {
  readonly userId: string;
  /** The session to be resumed. */
  readonly sessionId: string | undefined;
}

/** Checks a request for a WebSocket; throws the RequestError with which it is to be rejected. */
export function checkUpgrade(
  request: IncomingMessage,
  isPassword: (given: string | undefined) => boolean,
): UpgradeRequest {
  const { authorization, "user-id": userId, "session-id": sessionId } = request.headers;
  if (!isPassword(authorization)) throw new RequestError(401, WRONG_PASSWORD);
  if (urlOf(request).pathname !== "/v4/websocket") throw new RequestError(404, "The WebSocket is at /v4/websocket.");
  if (typeof userId !== "string" || !/^\d{1,20}$/.test(userId) || /^0+$/.test(userId)) {
    throw new RequestError(400, "The User-Id header must be the bot's id.");
  }
  return { userId, sessionId: typeof sessionId === "string" ? sessionId : undefined };
}

/** Answers an upgrade with an error, and closes. */
export function rejectUpgrade(socket: Duplex, request: IncomingMessage, { status, message }: RequestError): void {
  const error = errorBody(status, message, urlOf(request).pathname, undefined);
  const body = JSON.stringify(error);
  const head = [
    `HTTP/1.1 ${status} ${error.error}`,
    API_VERSION_HEADER.join(": "),
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  // A client that has gone by now is none of our concern.
  socket.on("error", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

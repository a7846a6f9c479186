export {
  openWebSocket,
  type WebSocketConnection,
  type WebSocketEnd,
  type WebSocketHandlers,
  type WebSocketOptions,
} from "./open-web-socket.ts";
export { WebSocketError, type WebSocketErrorCode } from "./web-socket-error.ts";

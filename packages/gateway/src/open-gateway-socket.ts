import { openWebSocket } from "@antiphon/web-socket";
import type { GatewaySocketHandlers, PausableSocket } from "./gateway-socket.ts";

/** Opens the socket of a shard that was given no other. */
export function openGatewaySocket(url: string, { onMessage, onClosed }: GatewaySocketHandlers): PausableSocket {
  const socket = openWebSocket(url, { onMessage });
  void socket.closed.then(({ code, problem }) => onClosed(code, problem));
  return socket;
}

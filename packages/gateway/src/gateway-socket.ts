import type { DispatchHeader } from "@antiphon/protocol/discord";
import { WebSocket, type ClientOptions } from "ws";

/** What a socket tells its shard. */
export interface GatewaySocketHandlers {
  /** One WebSocket message, text or binary. */
  readonly onMessage: (data: Buffer) => void;
  /** The socket closed or never opened; called once. 1006 when there was no close frame; `problem` is an error or the close's reason. */
  readonly onClosed: (code: number, problem: string | undefined) => void;
}

/** A WebSocket as a shard uses it. */
export interface GatewaySocket {
  /** Sends a text message; does nothing when the socket is not open. */
  send(text: string): void;
  /** Starts the closing handshake; a peer that does not answer is cut off after five seconds. */
  close(code: number): void;
  /** Cuts the connection at once. */
  abort(): void;
}

/** Opens a {@link GatewaySocket}; injected so that a test or a proxy can bring its own. */
export type OpenGatewaySocket = (url: string, handlers: GatewaySocketHandlers) => GatewaySocket;

/** What a socket tells that is read in a worker thread: its messages are inflated already. */
export interface ShardSocketHandlers extends GatewaySocketHandlers {
  /** Bytes have come from the network. */
  readonly onReceived: (sizeBytes: number) => void;
  /** An event that nobody wanted has come, and was left out. */
  readonly onSkipped: (header: DispatchHeader) => void;
}

/** Opens a socket for a shard, which may be one of a worker thread. */
export type OpenShardSocket = (url: string, handlers: ShardSocketHandlers) => GatewaySocket;

/** A socket that can stop to read. */
export interface PausableSocket extends GatewaySocket {
  pause(): void;
  resume(): void;
}

const HANDSHAKE_TIMEOUT_MS = 20_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** Messages of large guilds reach a few megabytes; more than this is not a gateway. */
const MAXIMUM_MESSAGE_BYTES = 64 * 1024 * 1024;

// ws's own compression would be a second one on top of the gateway's, and JSON.parse sees bad text anyway. `closeTimeout` is
// missing from the types of ws 8.18.
const socketOptions: ClientOptions & { readonly closeTimeout: number } = {
  perMessageDeflate: false,
  skipUTF8Validation: true,
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  maxPayload: MAXIMUM_MESSAGE_BYTES,
  closeTimeout: CLOSE_TIMEOUT_MS,
};

/** Opens a socket with the `ws` package, which is faster than Node's own WebSocket and can be cut off. */
export function openWebSocket(url: string, { onMessage, onClosed }: GatewaySocketHandlers): PausableSocket {
  const socket = new WebSocket(url, socketOptions);
  let problem: string | undefined;
  // With the default binaryType every message arrives as one Buffer.
  socket.on("message", (data) => onMessage(data as Buffer));
  socket.on("error", (error) => {
    problem = error.message;
  });
  socket.on("close", (code, reason) => onClosed(code, problem ?? (reason.toString() || undefined)));
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: (code) => socket.close(code),
    abort: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}

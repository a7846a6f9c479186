import type { DispatchHeader } from "@antiphon/protocol/discord";

/** What a socket tells its shard. */
export interface GatewaySocketHandlers {
  /** One WebSocket message, text or binary. The Buffer need only be valid during the call. */
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

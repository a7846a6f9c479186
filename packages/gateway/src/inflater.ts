/** A transport compression of the gateway. */
export type TransportCompression = "zlib-stream" | "zstd-stream";

/** What an inflater hands on. The Buffer is only valid during the call. */
export interface InflaterHandlers {
  readonly onMessage: (message: Buffer) => void;
  /** The stream is broken: the connection has to be given up. Called at most once. */
  readonly onError: (error: Error) => void;
}

/** Decompresses the messages of one connection, which share one context. */
export interface Inflater {
  /** Takes one WebSocket message, which need only be valid during the call. */
  push(chunk: Buffer): void;
  /** Frees the context; nothing is handed on afterwards. */
  close(): void;
}

/** Builds an {@link Inflater} for one connection. */
export type CreateInflater = (compression: TransportCompression, handlers: InflaterHandlers) => Inflater;

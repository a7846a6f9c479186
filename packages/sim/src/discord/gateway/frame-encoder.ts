import { constants, createDeflate, createZstdCompress, type Deflate, type ZstdCompress } from "node:zlib";

/** The transport compressions of the gateway, or none. */
export type TransportCompression = "none" | "zlib-stream" | "zstd-stream";

/** Turns payloads into WebSocket messages, in order, with one compression context for the whole connection. */
export interface FrameEncoder {
  /** Encodes a payload and hands over its frames, at once or later. */
  encode(text: string, deliver: (frame: string | Buffer) => void): void;
  /** Resolves when everything encoded so far has been delivered. */
  drain(): Promise<void>;
  /** Frees the context. */
  close(): void;
}

/**
 * Builds an encoder. A zlib payload ends with `00 00 ff ff` and may be spread over several messages, which `splitAtBytes` does; a zstd
 * payload is one message that is flushed, but does not end the zstd frame.
 *
 * @see [Discord Docs/Gateway#Transport Compression]
 */
export function createFrameEncoder(compression: TransportCompression, splitAtBytes: number | undefined): FrameEncoder {
  if (compression === "none") {
    return { encode: (text, deliver) => deliver(text), drain: () => Promise.resolve(), close() {} };
  }
  const isZlib = compression === "zlib-stream";
  const stream: Deflate | ZstdCompress = isZlib ? createDeflate() : createZstdCompress();
  const flushFlag = isZlib ? constants.Z_SYNC_FLUSH : constants.ZSTD_e_flush;
  let chunks: Buffer[] = [];
  let isClosed = false;
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  // One payload at a time, so that each one's bytes are told from the next one's.
  let tail: Promise<void> = Promise.resolve();
  const compress = (text: string) =>
    new Promise<Buffer>((resolve) => {
      stream.write(text);
      stream.flush(flushFlag, () => {
        while (stream.read() !== null); // What has not been emitted yet is, as "data", by reading.
        resolve(Buffer.concat(chunks));
        chunks = [];
      });
    });
  return {
    encode(text, deliver) {
      tail = tail.then(async () => {
        if (isClosed) return;
        const bytes = await compress(text);
        const size = isZlib ? (splitAtBytes ?? bytes.byteLength) : bytes.byteLength;
        for (let start = 0; start < bytes.byteLength; start += size) deliver(bytes.subarray(start, start + size));
      });
    },
    drain: () => tail,
    close() {
      isClosed = true;
      void tail.then(() => stream.destroy());
    },
  };
}

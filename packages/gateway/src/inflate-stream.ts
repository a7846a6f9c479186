import type { Transform } from "node:stream";
import { constants, createInflate, createZstdDecompress } from "node:zlib";
import type { TransportCompression } from "./inflater.ts";

/** How much the zlib streams write at once. */
export const OUTPUT_BYTES = 64 * 1024;

/** The bound against decompression bombs; real messages reach a few megabytes. */
export const MAXIMUM_MESSAGE_BYTES = 128 * 1024 * 1024;

/** Builds the stream of node:zlib for a connection. */
export function createInflateStream(compression: TransportCompression): Transform {
  return compression === "zlib-stream"
    ? createInflate({ chunkSize: OUTPUT_BYTES, flush: constants.Z_SYNC_FLUSH })
    : createZstdDecompress({ chunkSize: OUTPUT_BYTES, flush: constants.ZSTD_e_flush });
}

/**
 * Tells which chunk completes a message. A zlib-stream message may be split over several WebSocket messages; it is complete when
 * it ends in the four bytes of an empty stored block. With zstd-stream each WebSocket message is a whole one.
 */
export function createMessageEnd(compression: TransportCompression): (chunk: Buffer) => boolean {
  if (compression === "zstd-stream") return () => true;
  let lastFour = 0xffff_ffff;
  return (chunk) => {
    if (chunk.length >= 4) lastFour = chunk.readUInt32BE(chunk.length - 4);
    else for (const byte of chunk) lastFour = ((lastFour << 8) | byte) >>> 0;
    return lastFour === 0x0000_ffff;
  };
}

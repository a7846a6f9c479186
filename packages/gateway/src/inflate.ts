import { constants, createInflate, createZstdDecompress } from "node:zlib";
import type { Transform } from "node:stream";

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
  /** Takes one WebSocket message. */
  push(chunk: Buffer): void;
  /** Frees the context; nothing is handed on afterwards. */
  close(): void;
}

/** Builds an {@link Inflater} for one connection. */
export type CreateInflater = (compression: TransportCompression, handlers: InflaterHandlers) => Inflater;

const OUTPUT_BYTES = 64 * 1024;

/** The bound against decompression bombs; real messages reach a few megabytes. */
const MAXIMUM_MESSAGE_BYTES = 128 * 1024 * 1024;

function createStream(compression: TransportCompression): Transform {
  return compression === "zlib-stream"
    ? createInflate({ chunkSize: OUTPUT_BYTES, flush: constants.Z_SYNC_FLUSH })
    : createZstdDecompress({ chunkSize: OUTPUT_BYTES, flush: constants.ZSTD_e_flush });
}

const flushFlag = { "zlib-stream": constants.Z_SYNC_FLUSH, "zstd-stream": constants.ZSTD_e_flush } as const;

/**
 * Tells which chunk completes a message. A zlib-stream message may be split over several WebSocket messages; it is complete when
 * it ends in the four bytes of an empty stored block. With zstd-stream each WebSocket message is a whole one.
 */
function createMessageEnd(compression: TransportCompression): (chunk: Buffer) => boolean {
  if (compression === "zstd-stream") return () => true;
  let lastFour = 0xffff_ffff;
  return (chunk) => {
    if (chunk.length >= 4) lastFour = chunk.readUInt32BE(chunk.length - 4);
    else for (const byte of chunk) lastFour = ((lastFour << 8) | byte) >>> 0;
    return lastFour === 0x0000_ffff;
  };
}

/** The part of node:zlib's native handle that {@link createSynchronousInflater} drives; an internal of Node since version 8. */
interface NativeHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputBytes: number,
    output: Uint8Array,
    outputOffset: number,
    outputBytes: number,
  ): void;
  onerror: (message: string, errorNumber: number, code: string) => void;
}

interface NativeStream {
  readonly _handle: NativeHandle;
  /** Bytes left of the output and of the input after a write. */
  readonly _writeState: Uint32Array;
}

function asNativeStream(stream: object): NativeStream | undefined {
  const { _handle: handle, _writeState: writeState } = stream as { _handle?: unknown; _writeState?: unknown };
  if (typeof handle !== "object" || handle === null || !(writeState instanceof Uint32Array)) return undefined;
  if (writeState.length !== 2 || typeof (handle as Partial<NativeHandle>).writeSync !== "function") return undefined;
  return stream as unknown as NativeStream;
}

/**
 * Drives node:zlib's native handle synchronously, which costs a tenth of its asynchronous stream: no thread hop, no buffer of
 * its own per message. Throws a TypeError when this version of Node has no such handle; see {@link chooseInflater}.
 */
export const createSynchronousInflater: CreateInflater = (compression, { onMessage, onError }) => {
  const stream = createStream(compression);
  const native = asNativeStream(stream);
  if (native === undefined) throw new TypeError(`node:zlib has no synchronous handle for ${compression}`);
  const { _handle: handle, _writeState: left } = native;
  const output = Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  const endsMessage = createMessageEnd(compression);
  let pieces: Buffer[] = [];
  let pieceBytes = 0;
  let failure: Error | undefined;
  let closed = false;
  handle.onerror = (message) => {
    failure ??= new Error(`${compression}: ${message}`);
  };

  /** Inflates one chunk; gives the tail of its output, which still lies in `output`. */
  const inflate = (chunk: Buffer): Buffer => {
    let offset = 0;
    for (;;) {
      handle.writeSync(flushFlag[compression], chunk, offset, chunk.length - offset, output, 0, OUTPUT_BYTES);
      if (failure !== undefined) throw failure;
      const [outputLeft = 0, inputLeft = 0] = left;
      const tail = output.subarray(0, OUTPUT_BYTES - outputLeft);
      if (outputLeft > 0) return tail;
      // A full output buffer: keep a copy and go on with the rest of the input.
      pieces.push(Buffer.from(tail));
      pieceBytes += tail.length;
      if (pieceBytes > MAXIMUM_MESSAGE_BYTES) throw new Error(`${compression}: message over ${MAXIMUM_MESSAGE_BYTES} bytes`);
      offset = chunk.length - inputLeft;
    }
  };

  const close = () => {
    if (closed) return;
    closed = true;
    pieces = [];
    stream.destroy();
  };

  return {
    push(chunk) {
      if (closed) return;
      let tail: Buffer;
      try {
        tail = inflate(chunk);
      } catch (error) {
        close();
        onError(error as Error);
        return;
      }
      if (!endsMessage(chunk)) {
        pieces.push(Buffer.from(tail));
        pieceBytes += tail.length;
      } else if (pieces.length === 0) {
        onMessage(tail);
      } else {
        const message = Buffer.concat([...pieces, tail]);
        pieces = [];
        pieceBytes = 0;
        onMessage(message);
      }
    },
    close,
  };
};

/** The fallback: node:zlib's stream, fed one chunk after the other so that messages keep their order and their borders. */
export const createSerialInflater: CreateInflater = (compression, { onMessage, onError }) => {
  const stream = createStream(compression);
  const endsMessage = createMessageEnd(compression);
  const waiting: Buffer[] = [];
  let pieces: Buffer[] = [];
  let pieceBytes = 0;
  let writing = false;
  let closed = false;

  const close = () => {
    if (closed) return;
    closed = true;
    pieces = [];
    waiting.length = 0;
    stream.destroy();
  };
  const fail = (error: Error) => {
    if (closed) return;
    close();
    onError(error);
  };
  stream.on("error", fail);
  stream.on("data", (piece: Buffer) => {
    pieces.push(piece);
    pieceBytes += piece.length;
    if (pieceBytes > MAXIMUM_MESSAGE_BYTES) fail(new Error(`${compression}: message over ${MAXIMUM_MESSAGE_BYTES} bytes`));
  });

  const next = () => {
    const chunk = waiting.shift();
    if (chunk === undefined || closed) {
      writing = false;
      return;
    }
    writing = true;
    // The callback of a write comes after all of its output was emitted.
    stream.write(chunk, () => {
      if (closed) return;
      if (endsMessage(chunk)) {
        const message = Buffer.concat(pieces);
        pieces = [];
        pieceBytes = 0;
        onMessage(message);
      }
      next();
    });
  };

  return {
    push(chunk) {
      if (closed) return;
      waiting.push(chunk);
      if (!writing) next();
    },
    close,
  };
};

const probes: Readonly<Record<TransportCompression, Buffer>> = {
  // "ok", compressed and flushed.
  "zlib-stream": Buffer.from("789ccacf06000000ffff", "hex"),
  "zstd-stream": Buffer.from("28b52ffd00581000006f6b", "hex"),
};

/**
 * Chooses how to inflate on this version of Node: synchronously when a probe message comes out right, otherwise by the stream.
 */
export function chooseInflater(compression: TransportCompression): CreateInflater {
  let answer = "";
  const handlers: InflaterHandlers = {
    onMessage: (message) => {
      answer += message.toString();
    },
    onError: () => {
      answer = "failed";
    },
  };
  try {
    const inflater = createSynchronousInflater(compression, handlers);
    inflater.push(probes[compression]);
    inflater.close();
  } catch {
    // Node changed its internals: that is what the fallback is for.
  }
  return answer === "ok" ? createSynchronousInflater : createSerialInflater;
}

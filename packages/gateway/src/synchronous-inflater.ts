import { constants } from "node:zlib";
import type { CreateInflater } from "./inflater.ts";
import { createInflateStream, createMessageEnd, MAXIMUM_MESSAGE_BYTES, OUTPUT_BYTES } from "./inflate-stream.ts";

const flushFlag = { "zlib-stream": constants.Z_SYNC_FLUSH, "zstd-stream": constants.ZSTD_e_flush } as const;

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
  const stream = createInflateStream(compression);
  const native = asNativeStream(stream);
  if (native === undefined) throw new TypeError(`node:zlib has no synchronous handle for ${compression}`);
  const { _handle: handle, _writeState: left } = native;
  const output = Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  const endsMessage = createMessageEnd(compression);
  let pieces: Buffer[] = [];
  let pieceBytes = 0;
  let failure: Error | undefined;
  let closed = false;
  const onerror = (message: string) => {
    failure ??= new Error(`${compression}: ${message}`);
  };
  // In place of the stream's own, which would destroy the stream and emit later.
  Object.assign(handle, { onerror });

  /** Inflates one chunk; gives the tail of its output, which still lies in `output`. */
  const inflate = (chunk: Buffer): Buffer => {
    let offset = 0;
    for (;;) {
      handle.writeSync(flushFlag[compression], chunk, offset, chunk.length - offset, output, 0, OUTPUT_BYTES);
      if (failure !== undefined) throw failure;
      // Not destructured, which would ask the array for an iterator for each message.
      const outputLeft = left[0] ?? 0;
      const tail = output.subarray(0, OUTPUT_BYTES - outputLeft);
      if (outputLeft > 0) return tail;
      // A full output buffer: keep a copy and go on with the rest of the input.
      pieces.push(Buffer.from(tail));
      pieceBytes += tail.length;
      if (pieceBytes > MAXIMUM_MESSAGE_BYTES)
        throw new Error(`${compression}: message over ${MAXIMUM_MESSAGE_BYTES} bytes`);
      offset = chunk.length - (left[1] ?? 0);
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

import type { CreateInflater } from "./inflater.ts";
import { createInflateStream, createMessageEnd, MAXIMUM_MESSAGE_BYTES } from "./inflate-stream.ts";

/** The fallback: node:zlib's stream, fed one chunk after the other so that messages keep their order and their borders. */
export const createSerialInflater: CreateInflater = (compression, { onMessage, onError }) => {
  const stream = createInflateStream(compression);
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
    if (pieceBytes > MAXIMUM_MESSAGE_BYTES)
      fail(new Error(`${compression}: message over ${MAXIMUM_MESSAGE_BYTES} bytes`));
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
      // It is only valid during the call.
      waiting.push(Buffer.from(chunk));
      if (!writing) next();
    },
    close,
  };
};

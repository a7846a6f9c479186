import { open } from "node:fs/promises";

const PIECE_BYTES = 64 * 1024;

/** A file's bytes, each piece in the place of the one before: a stream's buffers would pile up until they are collected. */
export async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  await using file = await open(path);
  const buffer = new Uint8Array(PIECE_BYTES);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

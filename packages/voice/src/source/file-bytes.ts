import { open } from "node:fs/promises";
import type { ByteSource } from "./byte-reader.ts";
import { VoiceSourceError } from "./source-error.ts";

const CHUNK_BYTES = 64 * 1024;

function fileError(path: string, error: unknown): VoiceSourceError {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown";
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new VoiceSourceError("SOURCE_NOT_FOUND", `There is no file ${path}. Check the path.`, { cause: error });
  }
  const text =
    code === "EISDIR"
      ? `${path} is a folder. Name a file in it.`
      : `${path} cannot be read (${code}). Check its permissions.`;
  return new VoiceSourceError("SOURCE_UNREADABLE", text, { cause: error, details: { code } });
}

/**
 * Opens a file for reading piece by piece.
 *
 * @throws VoiceSourceError SOURCE_NOT_FOUND, SOURCE_UNREADABLE
 */
export async function openFileBytes(path: string): Promise<ByteSource> {
  const file = await open(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  const stats = await file.stat();
  if (!stats.isFile()) {
    await file.close();
    // A pipe or a device could block a thread of the pool for ever.
    throw fileError(
      path,
      Object.assign(new Error("not a regular file"), { code: stats.isDirectory() ? "EISDIR" : "not a file" }),
    );
  }
  let offsetBytes = 0;
  let closing: Promise<void> | undefined;
  return {
    name: path,
    sizeBytes: stats.size,
    async read() {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, offsetBytes).catch((error: unknown) => {
        throw fileError(path, error);
      });
      offsetBytes += bytesRead;
      return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
    },
    seek(toBytes) {
      offsetBytes = toBytes;
    },
    close: () => (closing ??= file.close()),
  };
}

/** Reads an array as if it were a file. */
export function createMemoryBytes(bytes: Uint8Array): ByteSource {
  let offsetBytes = 0;
  return {
    name: "the given bytes",
    sizeBytes: bytes.length,
    read() {
      const piece = bytes.subarray(offsetBytes, offsetBytes + CHUNK_BYTES);
      offsetBytes += piece.length;
      return Promise.resolve(piece.length === 0 ? null : piece);
    },
    seek(toBytes) {
      offsetBytes = toBytes;
    },
    close: () => Promise.resolve(),
  };
}

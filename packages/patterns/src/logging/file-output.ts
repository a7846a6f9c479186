import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { LogOutput } from "./log-record.ts";

/** Options of {@link openFileOutput}. */
export interface FileOutputOptions {
  /** The most bytes that wait for the disk; lines beyond are dropped and counted. Defaults to 8 MiB. */
  readonly bufferLimitBytes?: number;
}

/** A {@link LogOutput} that appends to a file. */
export interface FileOutput extends LogOutput {
  /** Lines that were lost because the disk could not keep up or failed. */
  readonly dropped: number;
  /** Writes out what is buffered and closes the file; idempotent. */
  close(): Promise<void>;
}

/** Opens a file for appending, with its folder. Rejects when it cannot be opened; a later failure of the disk drops and counts lines. */
export async function openFileOutput(path: string, options: FileOutputOptions = {}): Promise<FileOutput> {
  const { bufferLimitBytes = 8 * 1024 * 1024 } = options;
  await mkdir(dirname(path), { recursive: true });
  const stream: WriteStream = createWriteStream(path, { flags: "a" });
  await once(stream, "open");
  let dropped = 0;
  let closing: Promise<void> | undefined;
  const close = async () => {
    if (stream.destroyed) return;
    // A disk that fails while it closes has been counted by the listener below.
    await new Promise<void>((resolve) => stream.close(() => resolve()));
  };
  stream.on("error", () => dropped++);
  return {
    write(line) {
      if (stream.destroyed || closing !== undefined || stream.writableLength > bufferLimitBytes) {
        dropped++;
        return;
      }
      stream.write(`${line}\n`);
    },
    get dropped() {
      return dropped;
    },
    close: () => (closing ??= close()),
  };
}

/** An output that writes to a stream such as `process.stderr`, which it does not close. */
export function streamOutput(stream: { write(text: string): unknown }): LogOutput {
  return { write: (line) => void stream.write(`${line}\n`) };
}

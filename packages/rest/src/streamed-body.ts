import { Readable } from "node:stream";
import type { ByteStream, RestFile } from "@antiphon/protocol/discord";
import { describeError, withSignal } from "@antiphon/std";
import { RestError } from "./rest-error.ts";

/** A body of which not all is in memory; each attempt opens it anew. */
export interface StreamedBody {
  /** How many bytes it has; undefined when a stream does not say. */
  readonly sizeBytes: number | undefined;
  /** The file whose stream was read and cannot be read again; undefined as long as the body can be sent. */
  readonly spentFile: string | undefined;
  /** Starts from its first byte; `onProgress` is called for each piece that is taken. */
  open(onProgress: () => void): OpenedBody;
}

/** A body on its way. */
export interface OpenedBody {
  /** Reads its sources only as fast as it is read itself. */
  readonly stream: Readable;
  /** Gives the streams back that were not read to their end; idempotent. */
  close(): void;
}

function sizeOf({ data, sizeBytes }: RestFile): number | undefined {
  return data instanceof Blob ? data.size : sizeBytes;
}

const tooLarge = (limitBytes: number) =>
  new RestError(
    "REST_UPLOAD_TOO_LARGE",
    `The upload is larger than ${limitBytes} bytes; send less, or raise uploadLimitBytes of createRest.`,
    { details: { uploadLimitBytes: limitBytes } },
  );

function fileFailed({ name }: RestFile, problem: string, cause?: unknown): RestError {
  const message = `The stream of the file ${JSON.stringify(name)} ${problem}.`;
  return new RestError("REST_FILE_FAILED", message, { cause, details: { file: name } });
}

function openStream({ data }: RestFile): ByteStream {
  if (data instanceof Blob) return data.stream();
  if (typeof data === "function") return data();
  return data as ByteStream;
}

/** Gives a file's pieces; its stream is given back as soon as the signal aborts, even when nobody reads any more. */
async function* readFile(file: RestFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const expectedBytes = sizeOf(file);
  let iterator: AsyncIterator<unknown> | undefined;
  let ended = false;
  let sizeBytes = 0;
  const release = () => {
    if (ended) return;
    ended = true;
    // The stream is not wanted any more, and neither is why it could not be given back.
    iterator?.return?.().catch(() => {});
  };
  signal.addEventListener("abort", release, { once: true });
  try {
    iterator = openStream(file)[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await withSignal(iterator.next(), signal);
      if (done === true) break;
      if (!(value instanceof Uint8Array)) throw fileFailed(file, `gave ${typeof value} instead of bytes`);
      sizeBytes += value.byteLength;
      if (expectedBytes !== undefined && sizeBytes > expectedBytes)
        throw fileFailed(file, `gave more than the ${expectedBytes} bytes that it was to have`);
      yield value;
    }
    ended = true;
  } catch (error) {
    if (error instanceof RestError || signal.aborted) throw error;
    ended = true;
    throw fileFailed(file, `failed: ${describeError(error)}`, error);
  } finally {
    signal.removeEventListener("abort", release);
    release();
  }
  if (expectedBytes !== undefined && sizeBytes < expectedBytes)
    throw fileFailed(file, `gave ${sizeBytes} bytes instead of ${expectedBytes}`);
}

/**
 * Builds a {@link StreamedBody} of bytes and files, one after the other.
 *
 * @throws RestError REST_UPLOAD_TOO_LARGE when that can be told already
 */
export function createStreamedBody(parts: readonly (Uint8Array | RestFile)[], limitBytes: number): StreamedBody {
  let totalBytes: number | undefined = 0;
  let knownBytes = 0;
  for (const part of parts) {
    const sizeBytes = part instanceof Uint8Array ? part.byteLength : sizeOf(part);
    knownBytes += sizeBytes ?? 0;
    totalBytes = sizeBytes === undefined || totalBytes === undefined ? undefined : totalBytes + sizeBytes;
  }
  if (knownBytes > limitBytes) throw tooLarge(limitBytes);
  let spentFile: string | undefined;

  async function* read(signal: AbortSignal, onProgress: () => void): AsyncGenerator<Uint8Array, void, undefined> {
    const wasSpent = spentFile !== undefined;
    let sizeBytes = 0;
    const count = (chunk: Uint8Array) => {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > limitBytes) throw tooLarge(limitBytes);
      onProgress();
      return chunk;
    };
    for (const part of parts) {
      if (part instanceof Uint8Array) {
        yield count(part);
        continue;
      }
      if (!(part.data instanceof Blob) && typeof part.data !== "function") {
        // A policy of the caller's may send it again by itself; a stream that is at its end would look like an empty file.
        if (wasSpent) throw fileFailed(part, "has been read already");
        spentFile ??= part.name;
      }
      for await (const chunk of readFile(part, signal)) yield count(chunk);
    }
  }

  return {
    sizeBytes: totalBytes,
    get spentFile() {
      return spentFile;
    },
    open(onProgress) {
      const stopping = new AbortController();
      const stream = Readable.from(read(stopping.signal, onProgress), { objectMode: false });
      // Whoever sends it is told by the sending; an error without a listener would end the process.
      stream.on("error", () => {});
      return {
        stream,
        close() {
          stopping.abort();
          stream.destroy();
        },
      };
    },
  };
}

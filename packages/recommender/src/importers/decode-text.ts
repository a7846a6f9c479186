import { describeError } from "@antiphon/std";
import { RecommenderError } from "../error.ts";

/** Bytes in pieces: a file's stream, a response's body, or a list. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Text from bytes in UTF-8, UTF-16 (with its mark) or else Windows-1252, decided by the first piece.
 *
 * @throws RecommenderError RECOMMENDER_IMPORT_UNREADABLE for bytes that are no text, or a source that fails
 */
export async function* decodeText(source: ByteSource): AsyncGenerator<string> {
  let decoder: ReturnType<typeof decoderFor> | undefined;
  try {
    for await (const bytes of source) {
      if (bytes.byteLength === 0) continue;
      decoder ??= decoderFor(bytes);
      const text = decoder.decode(bytes, { stream: true });
      if (text !== "") yield text;
    }
  } catch (error) {
    if (error instanceof RecommenderError) throw error;
    throw unreadable(describeError(error), error);
  }
  const rest = decoder?.decode() ?? "";
  if (rest !== "") yield rest;
}

function decoderFor(bytes: Uint8Array) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be");
  if (bytes.subarray(0, 4_096).includes(0)) throw unreadable("it holds bytes that are no text");
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return new TextDecoder("utf-8");
  } catch {
    // Not UTF-8: what is left among exports is what old Windows programs wrote.
    return new TextDecoder("windows-1252");
  }
}

function unreadable(what: string, cause?: unknown): RecommenderError {
  return new RecommenderError(
    "RECOMMENDER_IMPORT_UNREADABLE",
    `Cannot read the import: ${what}. What was committed before stays; the import can be run again.`,
    { cause },
  );
}

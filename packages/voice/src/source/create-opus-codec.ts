import { createEvanCodec, isEvanInstalled } from "./evan-codec.ts";
import type { OpusCodec, OpusDecoder, OpusEncoder, OpusEncoderOptions } from "./opus-codec.ts";
import { createOpusscriptCodec } from "./opusscript-codec.ts";

/** What a codec runs on: libopus as WebAssembly, or as native code where it is installed. */
export type OpusLibrary = "opusscript" | "@evan/opus";

/**
 * Builds a codec of its own; most callers want {@link createOpusEncoder}. On `opusscript`, the default, it has a WebAssembly memory of its
 * own.
 *
 * @throws Error when `@evan/opus` is asked for and not installed
 */
export function createOpusCodec(library: OpusLibrary = "opusscript"): OpusCodec {
  return library === "@evan/opus" ? createEvanCodec() : createOpusscriptCodec();
}

/** Chosen once per process, at its first codec; it holds no state besides the codecs'. */
let shared: OpusCodec | undefined;

function chooseCodec(): OpusCodec {
  return createOpusCodec(isEvanInstalled() ? "@evan/opus" : "opusscript");
}

/** Builds an encoder on the process's shared codec: `@evan/opus` when it is installed, opusscript's WebAssembly otherwise. */
export function createOpusEncoder(options?: OpusEncoderOptions): OpusEncoder {
  return (shared ??= chooseCodec()).createEncoder(options);
}

/** Builds a decoder on the process's shared codec: `@evan/opus` when it is installed, opusscript's WebAssembly otherwise. */
export function createOpusDecoder(): OpusDecoder {
  return (shared ??= chooseCodec()).createDecoder();
}

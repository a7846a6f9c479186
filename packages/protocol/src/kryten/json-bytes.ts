import { KrytenError } from "./error.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** JSON as UTF-8 bytes. */
export function encodeJsonBytes(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/**
 * The value of JSON bytes.
 *
 * @throws KrytenError KRYTEN_MESSAGE_INVALID for anything else
 */
export function decodeJsonBytes(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data));
  } catch (cause) {
    throw new KrytenError("KRYTEN_MESSAGE_INVALID", "Invalid JSON: the message is no JSON text in UTF-8.", { cause });
  }
}

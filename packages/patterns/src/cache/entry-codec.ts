import type { CacheEntry } from "./cache-level.ts";
import { CacheError } from "./cache-error.ts";

/** How a level that stores bytes writes values and reads them back. */
export interface ValueCodec {
  /** The bytes of a value. */
  encode(value: unknown): Uint8Array;
  /** The value of bytes; may throw for bytes that it did not write, which then count as a miss. */
  decode(bytes: Uint8Array): unknown;
}

const JSON_VALUE = 0;
const BINARY_VALUE = 1;

/** Writes JSON, and binary data as it is: a value is whatever JSON carries, or a Uint8Array. */
export const jsonCodec: ValueCodec = {
  encode(value) {
    if (value instanceof Uint8Array) return Buffer.concat([Uint8Array.of(BINARY_VALUE), value]);
    const text = JSON.stringify(value);
    if (text === undefined)
      throw new CacheError(
        "CACHE_VALUE_NOT_STORABLE",
        `a ${typeof value} cannot be written as JSON; give the level a codec`,
      );
    return Buffer.concat([Uint8Array.of(JSON_VALUE), Buffer.from(text)]);
  },
  decode(bytes) {
    const body = bytes.subarray(1);
    if (bytes[0] === BINARY_VALUE) return new Uint8Array(body);
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()) as unknown;
  },
};

/** Everything of an entry but its value, as it is written in front of it. */
interface EntryHeader {
  /** null for ever: JSON has no Infinity. */
  readonly freshUntilMs: number | null;
  readonly expiresAtMs: number | null;
  readonly tags: readonly string[];
  readonly isNegative: boolean;
}

const LENGTH_BYTES = 4;

const finite = (timeMs: number) => (timeMs === Infinity ? null : timeMs);

/** An entry as one piece of bytes: the length of a header in JSON (32 bits, little-endian), the header, the value. */
export function encodeEntry(entry: CacheEntry, codec: ValueCodec): Uint8Array {
  const { tags, isNegative } = entry;
  const facts: EntryHeader = {
    freshUntilMs: finite(entry.freshUntilMs),
    expiresAtMs: finite(entry.expiresAtMs),
    tags,
    isNegative,
  };
  const header = Buffer.from(JSON.stringify(facts));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(header.length);
  return Buffer.concat(isNegative ? [length, header] : [length, header, codec.encode(entry.value)]);
}

const isTime = (value: unknown): value is number | null => value === null || typeof value === "number";

function isHeader(value: unknown): value is EntryHeader {
  if (typeof value !== "object" || value === null) return false;
  const { freshUntilMs, expiresAtMs, tags, isNegative } = value as Partial<Record<keyof EntryHeader, unknown>>;
  const areTags = Array.isArray(tags) && tags.every((tag) => typeof tag === "string");
  return isTime(freshUntilMs) && isTime(expiresAtMs) && areTags && typeof isNegative === "boolean";
}

/** Reads what {@link encodeEntry} wrote; undefined for anything else, such as what another version or program wrote. */
export function decodeEntry(bytes: Uint8Array, codec: ValueCodec): CacheEntry | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const bodyStart = LENGTH_BYTES + buffer.readUInt32LE(0);
    const header: unknown = JSON.parse(buffer.toString("utf8", LENGTH_BYTES, bodyStart));
    if (!isHeader(header)) return undefined;
    const { freshUntilMs, expiresAtMs, tags, isNegative } = header;
    return {
      freshUntilMs: freshUntilMs ?? Infinity,
      expiresAtMs: expiresAtMs ?? Infinity,
      tags,
      isNegative,
      value: isNegative ? undefined : codec.decode(buffer.subarray(bodyStart)),
    };
  } catch {
    // Too short, no JSON, or nothing that the codec can read: all of it is as good as no entry.
    return undefined;
  }
}

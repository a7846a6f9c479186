import { isAscii, javaTextSizeBytes, readJavaText, writeJavaText } from "./java-text.ts";
import { TrackCodecError } from "./track-codec-error.ts";

/** A track as lavaplayer keeps it in its `encoded` text. */
export interface DecodedTrack {
  /** The format's version: 2 added `uri`, 3 added `artworkUrl` and `isrc`. */
  readonly version: 1 | 2 | 3;
  readonly title: string;
  readonly author: string;
  /** Milliseconds as Java's signed 64-bit long; {@link STREAM_LENGTH_MS} for a live stream. */
  readonly lengthMs: bigint;
  /** The source's own id of the track; a path or a URL for `local` and `http`. */
  readonly identifier: string;
  readonly isStream: boolean;
  /** Null where there is none, and always in version 1. */
  readonly uri: string | null;
  /** Null where there is none, and always below version 3. */
  readonly artworkUrl: string | null;
  /** Null where there is none, and always below version 3. */
  readonly isrc: string | null;
  /** Which source made the track: `youtube`, `http`, `local`, … */
  readonly sourceName: string;
  /** What the source keeps about the track, in a form of its own; carried through unread. */
  readonly details: Uint8Array;
  /** Where the track was when it was encoded, in milliseconds as Java's signed 64-bit long. */
  readonly positionMs: bigint;
}

/** The length that lavaplayer gives a live stream: Java's `Long.MAX_VALUE`. */
export const STREAM_LENGTH_MS = 0x7fff_ffff_ffff_ffffn;

const VERSIONED_FLAG = 1 << 30;
const SIZE_MASK = 0x3fff_ffff;
const HEADER_SIZE_BYTES = 4;
const LONG_SIZE_BYTES = 8;
const TEXT_LIMIT_BYTES = 0xffff;

interface Reader {
  readonly buffer: Buffer;
  /** The whole message as Latin-1: a slice of it costs far less than decoding each ASCII field. */
  readonly latin1: string;
  /** Every byte before this one is ASCII. */
  readonly firstHigh: number;
  /** Every byte from this one on is ASCII. */
  readonly afterHigh: number;
  /** Where the fields end: the position's eight bytes come after. */
  readonly end: number;
  at: number;
}

/** Bytes of messages, seen in the three ways in which they are read. */
interface Scratch {
  readonly buffer: Buffer;
  readonly view: DataView;
  readonly words: Int32Array;
}

const WORD_SIZE_BYTES = 4;
const SHARED_SIZE_BYTES = 8192;

function createScratch(sizeBytes: number): Scratch {
  const memory = new ArrayBuffer((Math.floor(sizeBytes / WORD_SIZE_BYTES) + 1) * WORD_SIZE_BYTES);
  return { buffer: Buffer.from(memory), view: new DataView(memory), words: new Int32Array(memory) };
}
/** Decoding never pauses, so one message after another is read here; nothing of it is kept. */
const shared = createScratch(SHARED_SIZE_BYTES);

/** In any byte order, the bits that no ASCII byte has. */
const HIGH_BITS = 0x8080_8080 | 0;

/** Four bytes at a time, where the bytes beyond ASCII begin and end; most messages have them in their numbers only. */
function findHigh({ buffer, words }: Scratch, sizeBytes: number): { firstHigh: number; afterHigh: number } {
  const count = Math.ceil(sizeBytes / WORD_SIZE_BYTES);
  // The last word may reach into what an earlier message left.
  for (let at = sizeBytes; at < count * WORD_SIZE_BYTES; at++) buffer[at] = 0;
  let first = count;
  let after = 0;
  for (let index = 0; index < count; index++) {
    if (((words[index] as number) & HIGH_BITS) === 0) continue;
    if (after === 0) first = index;
    after = index + 1;
  }
  return { firstHigh: first * WORD_SIZE_BYTES, afterHigh: after * WORD_SIZE_BYTES };
}

function take(reader: Reader, sizeBytes: number, field: string): number {
  const start = reader.at;
  if (start + sizeBytes > reader.end) {
    const left = reader.end - start;
    const message = `decodeTrack: "${field}" at byte ${start} needs ${sizeBytes} bytes, ${left} are left. The text was cut off.`;
    throw new TrackCodecError("PROTOCOL_TRACK_TRUNCATED", message, { details: { field, offset: start } });
  }
  reader.at = start + sizeBytes;
  return start;
}

function readText(reader: Reader, field: string): string {
  const sizeAt = take(reader, 2, field);
  const sizeBytes = ((reader.buffer[sizeAt] as number) << 8) | (reader.buffer[sizeAt + 1] as number);
  const start = take(reader, sizeBytes, field);
  const end = start + sizeBytes;
  if (end <= reader.firstHigh || start >= reader.afterHigh || isAscii(reader.buffer, start, end)) {
    return reader.latin1.slice(start, end);
  }
  const text = readJavaText(reader.buffer, start, end);
  if (text === undefined) {
    const message = `decodeTrack: "${field}" at byte ${start} is not modified UTF-8.`;
    throw new TrackCodecError("PROTOCOL_TRACK_MALFORMED", message, { details: { field, offset: start } });
  }
  return text;
}

function readBoolean(reader: Reader, field: string): boolean {
  return reader.buffer[take(reader, 1, field)] !== 0;
}

function readNullableText(reader: Reader, field: string): string | null {
  return readBoolean(reader, field) ? readText(reader, field) : null;
}

function openReader(encoded: string): {
  readonly reader: Reader;
  readonly view: DataView;
  readonly versioned: boolean;
} {
  const padding = encoded.endsWith("==") ? 2 : encoded.endsWith("=") ? 1 : 0;
  const expectedBytes = Math.floor(((encoded.length - padding) * 3) / 4);
  const scratch = expectedBytes <= SHARED_SIZE_BYTES ? shared : createScratch(expectedBytes);
  const { buffer, view } = scratch;
  const written = buffer.write(encoded, "base64");
  // What is no base64 is left out, so that a wrong character shows in the size.
  if (written !== expectedBytes) {
    throw new TrackCodecError("PROTOCOL_TRACK_MALFORMED", "decodeTrack: the text is not base64.");
  }
  if (written < HEADER_SIZE_BYTES + LONG_SIZE_BYTES) {
    const message = `decodeTrack: ${written} bytes are too few for a track.`;
    throw new TrackCodecError("PROTOCOL_TRACK_TRUNCATED", message, { details: { sizeBytes: written } });
  }
  const header = view.getInt32(0);
  const sizeBytes = header & SIZE_MASK;
  const actualBytes = written - HEADER_SIZE_BYTES;
  if (sizeBytes !== actualBytes) {
    const code = sizeBytes > actualBytes ? "PROTOCOL_TRACK_TRUNCATED" : "PROTOCOL_TRACK_MALFORMED";
    const message = `decodeTrack: the header says ${sizeBytes} bytes, there are ${actualBytes}.`;
    throw new TrackCodecError(code, message, { details: { sizeBytes, actualBytes } });
  }
  const { firstHigh, afterHigh } = findHigh(scratch, written);
  const latin1 = buffer.toString("latin1", 0, written);
  const end = written - LONG_SIZE_BYTES;
  const reader = { buffer, latin1, firstHigh, afterHigh, end, at: HEADER_SIZE_BYTES };
  return { reader, view, versioned: (header & VERSIONED_FLAG) !== 0 };
}

function readVersion(reader: Reader): 1 | 2 | 3 {
  const version = reader.buffer[take(reader, 1, "version")] as number;
  if (version === 1 || version === 2 || version === 3) return version;
  const message = `decodeTrack: version ${version} is unknown; 1, 2 and 3 are known.`;
  throw new TrackCodecError("PROTOCOL_TRACK_VERSION_UNKNOWN", message, { details: { version } });
}

const NO_DETAILS = new Uint8Array();

function readDetails({ buffer, at, end }: Reader): Uint8Array {
  if (at === end) return NO_DETAILS;
  const details = new Uint8Array(end - at);
  for (let index = 0; index < details.length; index++) details[index] = buffer[at + index] as number;
  return details;
}

/**
 * Reads lavaplayer's base64 track. What the source keeps for itself stays opaque, so that `encodeTrack` gives back the same
 * text for everything that lavaplayer and its plugins write.
 *
 * @throws {@link TrackCodecError} `PROTOCOL_TRACK_MALFORMED`, `PROTOCOL_TRACK_TRUNCATED` or `PROTOCOL_TRACK_VERSION_UNKNOWN`
 * @see DefaultAudioPlayerManager.decodeTrack and MessageInput, lavaplayer
 */
export function decodeTrack(encoded: string): DecodedTrack {
  const { reader, view, versioned } = openReader(encoded);
  const version = versioned ? readVersion(reader) : 1;
  return {
    version,
    title: readText(reader, "title"),
    author: readText(reader, "author"),
    lengthMs: view.getBigInt64(take(reader, LONG_SIZE_BYTES, "length")),
    identifier: readText(reader, "identifier"),
    isStream: readBoolean(reader, "isStream"),
    uri: version >= 2 ? readNullableText(reader, "uri") : null,
    artworkUrl: version >= 3 ? readNullableText(reader, "artworkUrl") : null,
    isrc: version >= 3 ? readNullableText(reader, "isrc") : null,
    sourceName: readText(reader, "sourceName"),
    details: readDetails(reader),
    positionMs: view.getBigInt64(reader.end),
  };
}

/** The fields of a version in wire order: `nullable` ones have a presence byte. */
function textFields(
  track: DecodedTrack,
): readonly (readonly [field: string, text: string | null, nullable: boolean])[] {
  const fields: (readonly [string, string | null, boolean])[] = [];
  if (track.version >= 2) fields.push(["uri", track.uri, true]);
  if (track.version >= 3) fields.push(["artworkUrl", track.artworkUrl, true], ["isrc", track.isrc, true]);
  fields.push(["sourceName", track.sourceName, false]);
  return fields;
}

function textSizeBytes(field: string, text: string): number {
  const sizeBytes = javaTextSizeBytes(text);
  if (sizeBytes <= TEXT_LIMIT_BYTES) return sizeBytes;
  const message = `encodeTrack: "${field}" takes ${sizeBytes} bytes; the format holds ${TEXT_LIMIT_BYTES}. Shorten it.`;
  throw new TrackCodecError("PROTOCOL_TRACK_UNENCODABLE", message, { details: { field, sizeBytes } });
}

function checkLong(field: string, value: bigint): void {
  if (BigInt.asIntN(64, value) === value) return;
  const message = `encodeTrack: "${field}" is ${value}, which is no signed 64-bit number.`;
  throw new TrackCodecError("PROTOCOL_TRACK_UNENCODABLE", message, { details: { field } });
}

function writeText(buffer: Buffer, offset: number, text: string): number {
  const sizeBytes = javaTextSizeBytes(text);
  return writeJavaText(buffer, buffer.writeUInt16BE(sizeBytes, offset), text, sizeBytes);
}

function messageSizeBytes(track: DecodedTrack): number {
  let sizeBytes = (track.version === 1 ? 0 : 1) + LONG_SIZE_BYTES + 1 + track.details.length + LONG_SIZE_BYTES;
  sizeBytes += 2 + textSizeBytes("title", track.title);
  sizeBytes += 2 + textSizeBytes("author", track.author);
  sizeBytes += 2 + textSizeBytes("identifier", track.identifier);
  for (const [field, text, nullable] of textFields(track)) {
    if (nullable) sizeBytes++;
    if (text !== null) sizeBytes += 2 + textSizeBytes(field, text);
  }
  return sizeBytes;
}

/**
 * Writes a track as lavaplayer does.
 *
 * @throws {@link TrackCodecError} `PROTOCOL_TRACK_UNENCODABLE` when a text is over 65,535 bytes or a number over 64 bits
 * @see DefaultAudioPlayerManager.encodeTrack and MessageOutput, lavaplayer
 */
export function encodeTrack(track: DecodedTrack): string {
  checkLong("lengthMs", track.lengthMs);
  checkLong("positionMs", track.positionMs);
  const sizeBytes = messageSizeBytes(track);
  if (sizeBytes > SIZE_MASK) {
    const message = `encodeTrack: the track takes ${sizeBytes} bytes; the format holds ${SIZE_MASK}.`;
    throw new TrackCodecError("PROTOCOL_TRACK_UNENCODABLE", message, { details: { sizeBytes } });
  }
  const buffer = Buffer.allocUnsafe(HEADER_SIZE_BYTES + sizeBytes);
  // Version 1 is from before versions, so it carries neither the flag nor the byte.
  let at = buffer.writeInt32BE(track.version === 1 ? sizeBytes : sizeBytes | VERSIONED_FLAG, 0);
  if (track.version !== 1) at = buffer.writeUInt8(track.version, at);
  at = writeText(buffer, at, track.title);
  at = writeText(buffer, at, track.author);
  at = buffer.writeBigInt64BE(track.lengthMs, at);
  at = writeText(buffer, at, track.identifier);
  at = buffer.writeUInt8(track.isStream ? 1 : 0, at);
  for (const [, text, nullable] of textFields(track)) {
    if (nullable) at = buffer.writeUInt8(text === null ? 0 : 1, at);
    if (text !== null) at = writeText(buffer, at, text);
  }
  buffer.set(track.details, at);
  buffer.writeBigInt64BE(track.positionMs, at + track.details.length);
  return buffer.toString("base64");
}

/** The `details` of an `http` or `local` track: the name of the container's probe, such as `mp3`. */
export function encodeProbeDetails(probe: string): Uint8Array {
  const sizeBytes = textSizeBytes("probe", probe);
  const buffer = Buffer.alloc(2 + sizeBytes);
  writeText(buffer, 0, probe);
  return new Uint8Array(buffer);
}

/** The probe's name in the `details` of an `http` or `local` track; throws a {@link TrackCodecError} for other details. */
export function decodeProbeDetails(details: Uint8Array): string {
  const buffer = Buffer.from(details.buffer, details.byteOffset, details.byteLength);
  const { length } = buffer;
  const reader = { buffer, latin1: buffer.toString("latin1"), firstHigh: 0, afterHigh: length, at: 0, end: length };
  return readText(reader, "probe");
}

import type { ByteReader } from "./byte-reader.ts";

/** What a FLAC frame's header says. */
export interface FlacFrameHeader {
  readonly headerBytes: number;
  /** Samples per channel in the frame. */
  readonly sampleCount: number;
  /** The frame's number, or, in streams of variable block size, its first sample's. */
  readonly number: number;
  readonly variableBlockSize: boolean;
}

/** A complete frame whose checksum is right. */
export interface FlacFrame {
  readonly header: FlacFrameHeader;
  readonly bytes: Uint8Array;
}

/** More than any frame takes: 65,535 samples of 8 channels of 32 bits. */
const MAXIMUM_FRAME_BYTES = 2_200_000;
const FIRST_LOOK_BYTES = 16 * 1024;

function crcTable(polynomial: number, bits: 8 | 16): Uint16Array {
  const top = 1 << (bits - 1);
  const mask = bits === 8 ? 0xff : 0xffff;
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let value = byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++)
      value = (value & top) === 0 ? (value << 1) & mask : ((value << 1) ^ polynomial) & mask;
    return value;
  });
}

const CRC_8 = crcTable(0x07, 8);
const CRC_16 = crcTable(0x8005, 16);

function crc8(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) value = CRC_8[value ^ (bytes[index] ?? 0)] ?? 0;
  return value;
}

function crc16(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let value = seed;
  for (let index = start; index < end; index++)
    value = ((value << 8) & 0xffff) ^ (CRC_16[(value >> 8) ^ (bytes[index] ?? 0)] ?? 0);
  return value;
}

function blockSamples(code: number): number {
  if (code === 1) return 192;
  if (code >= 2 && code <= 5) return 576 << (code - 2);
  return code >= 8 ? 256 << (code - 8) : 0;
}

/** Reads a frame header at an offset; undefined where its bits or its checksum are wrong. @see RFC 9639, section 9.1 */
function parseFlacFrameHeader(bytes: Uint8Array, offset: number): FlacFrameHeader | undefined {
  const at = (index: number) => bytes[offset + index] ?? 0;
  if (at(0) !== 0xff || (at(1) & 0xfe) !== 0xf8 || bytes.length < offset + 6) return undefined;
  const sizeCode = at(2) >> 4;
  const rateCode = at(2) & 15;
  if (sizeCode === 0 || rateCode === 15 || at(3) >> 4 > 10 || (at(3) & 1) !== 0) return undefined;

  // The number is coded as UTF-8 codes characters, in up to 7 bytes.
  const lead = at(4);
  const extraBytes = lead < 0x80 ? 0 : Math.clz32(~(lead << 24)) - 1;
  if (lead === 0xff || (lead & 0xc0) === 0x80) return undefined;
  let number = extraBytes === 0 ? lead : lead & (0x3f >> extraBytes);
  for (let index = 1; index <= extraBytes; index++) {
    if ((at(4 + index) & 0xc0) !== 0x80) return undefined;
    number = number * 64 + (at(4 + index) & 0x3f);
  }

  let position = 5 + extraBytes;
  let sampleCount = blockSamples(sizeCode);
  if (sizeCode === 6) sampleCount = at(position++) + 1;
  else if (sizeCode === 7) {
    sampleCount = ((at(position) << 8) | at(position + 1)) + 1;
    position += 2;
  }
  position += rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0;
  if (offset + position >= bytes.length || crc8(bytes, offset, offset + position) !== at(position)) return undefined;
  return { headerBytes: position + 1, sampleCount, number, variableBlockSize: at(1) === 0xf9 };
}

/** Where the frame at the start of the bytes ends: at the first header (or the end) where its checksum comes out even. */
function findFrameEnd(bytes: Uint8Array, headerBytes: number, atEnd: boolean): number | undefined {
  let checksum = 0;
  let checked = 0;
  for (let end = bytes.indexOf(0xff, headerBytes); end >= 0; end = bytes.indexOf(0xff, end + 1)) {
    if (parseFlacFrameHeader(bytes, end) === undefined) continue;
    checksum = crc16(bytes, checked, end, checksum);
    checked = end;
    if (checksum === 0) return end;
  }
  return atEnd && crc16(bytes, checked, bytes.length, checksum) === 0 ? bytes.length : undefined;
}

/** Consumes the next complete frame, stepping over damaged ones; undefined at the end. FLAC frames do not tell their length. */
export async function takeFlacFrame(reader: ByteReader): Promise<FlacFrame | undefined> {
  for (let lookBytes = FIRST_LOOK_BYTES; ;) {
    const ahead = await reader.peek(lookBytes);
    const atEnd = ahead.length < lookBytes;
    const header = parseFlacFrameHeader(ahead, 0);
    const end = header === undefined ? undefined : findFrameEnd(ahead, header.headerBytes, atEnd);
    if (header !== undefined && end !== undefined) return { header, bytes: await reader.take(end) };
    if (header !== undefined && !atEnd && lookBytes < MAXIMUM_FRAME_BYTES) {
      lookBytes *= 2;
      continue;
    }
    // No frame starts here, or it is damaged: go on at the next sync code.
    let next = ahead.indexOf(0xff, 1);
    while (next >= 0 && parseFlacFrameHeader(ahead, next) === undefined) next = ahead.indexOf(0xff, next + 1);
    if (next < 0 && atEnd) return undefined;
    await reader.skip(next < 0 ? ahead.length - 16 : next);
    lookBytes = FIRST_LOOK_BYTES;
  }
}

import { readVariableInteger } from "./ebml.ts";

/** A block: frames of one track at one moment. */
export interface MatroskaBlock {
  readonly track: number;
  /** Relative to its cluster, in units of the segment's scale; may be negative. */
  readonly timestamp: number;
  readonly frames: readonly Uint8Array[];
}

const NO_LACING = 0;
const XIPH_LACING = 1;
const FIXED_LACING = 2;

/** Lengths of all frames but the last, each as a run of bytes up to one below 255. */
function xiphLengths(bytes: Uint8Array, offset: number, count: number) {
  const lengths: number[] = [];
  let at = offset;
  while (lengths.length < count) {
    let length = 0;
    for (let byte = 255; byte === 255; at++) {
      const next = bytes[at];
      if (next === undefined) return undefined;
      byte = next;
      length += byte;
    }
    lengths.push(length);
  }
  return { lengths, at };
}

/** Lengths of all frames but the last: the first, then differences. */
function ebmlLengths(bytes: Uint8Array, offset: number, count: number) {
  const lengths: number[] = [];
  let at = offset;
  while (lengths.length < count) {
    const coded = readVariableInteger(bytes, at);
    if (coded === undefined) return undefined;
    const bias = 2 ** (7 * coded.codedIn - 1) - 1;
    lengths.push(lengths.length === 0 ? coded.value : (lengths.at(-1) ?? 0) + coded.value - bias);
    at += coded.codedIn;
  }
  return { lengths, at };
}

/** The frames of a block with several; undefined when their lengths contradict the block's. */
function lacedFrames(bytes: Uint8Array, offset: number, lacing: number): Uint8Array[] | undefined {
  const last = bytes[offset];
  if (last === undefined) return undefined;
  const start = offset + 1;
  if (lacing === FIXED_LACING) {
    const each = (bytes.length - start) / (last + 1);
    if (!Number.isInteger(each)) return undefined;
    return Array.from({ length: last + 1 }, (_, index) =>
      bytes.subarray(start + index * each, start + (index + 1) * each),
    );
  }
  const head = lacing === XIPH_LACING ? xiphLengths(bytes, start, last) : ebmlLengths(bytes, start, last);
  if (head === undefined) return undefined;
  const rest = head.lengths.reduce((left, length) => left - length, bytes.length - head.at);
  const lengths = [...head.lengths, rest];
  if (lengths.some((length) => length < 0)) return undefined;
  let at = head.at;
  return lengths.map((length) => bytes.subarray(at, (at += length)));
}

/** Takes the content of a SimpleBlock or Block apart; undefined when it is malformed. @see RFC 9559, section 10 */
export function parseBlock(content: Uint8Array): MatroskaBlock | undefined {
  const track = readVariableInteger(content, 0);
  if (track === undefined || content.length < track.codedIn + 3) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const timestamp = view.getInt16(track.codedIn);
  const lacing = (view.getUint8(track.codedIn + 2) >> 1) & 3;
  const offset = track.codedIn + 3;
  const frames = lacing === NO_LACING ? [content.subarray(offset)] : lacedFrames(content, offset, lacing);
  return frames && { track: track.value, timestamp, frames };
}

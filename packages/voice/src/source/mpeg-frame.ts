/** What the four bytes at the head of an MPEG audio frame say. */
export interface MpegFrameHeader {
  readonly sampleRateHz: number;
  readonly channelCount: 1 | 2;
  readonly bitrateBps: number;
  /** The whole frame, header included. */
  readonly frameBytes: number;
  /** Samples per channel in the frame. */
  readonly sampleCount: number;
  /** How far behind the frame's first byte a Xing, Info or LAME header would start. */
  readonly xingOffsetBytes: number;
}

const MPEG_1_RATES = [44_100, 48_000, 32_000];
// kbit/s by index 1 to 14.
const LAYER_3_MPEG_1 = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const LAYER_3_MPEG_2 = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const LAYER_2_MPEG_1 = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];

/**
 * Reads a frame header of MPEG 1, 2 or 2.5, layer II or III, at an offset; undefined where there is none, or one of free format.
 *
 * @see ISO/IEC 11172-3 and 13818-3
 */
export function parseMpegFrameHeader(bytes: Uint8Array, offset: number): MpegFrameHeader | undefined {
  const second = bytes[offset + 1];
  const third = bytes[offset + 2];
  const fourth = bytes[offset + 3];
  if (bytes[offset] !== 0xff || second === undefined || third === undefined || fourth === undefined) return undefined;
  const version = (second >> 3) & 3; // 0 is MPEG 2.5, 2 is MPEG 2, 3 is MPEG 1
  const layer = 4 - ((second >> 1) & 3);
  const bitrateIndex = third >> 4;
  const rateIndex = (third >> 2) & 3;
  if ((second & 0xe0) !== 0xe0 || version === 1 || (layer !== 2 && layer !== 3)) return undefined;
  if (bitrateIndex === 0 || bitrateIndex === 15 || rateIndex === 3) return undefined;

  const mpeg1 = version === 3;
  const rates = mpeg1 ? (layer === 3 ? LAYER_3_MPEG_1 : LAYER_2_MPEG_1) : LAYER_3_MPEG_2;
  const bitrateBps = (rates[bitrateIndex - 1] ?? 0) * 1000;
  const sampleRateHz = (MPEG_1_RATES[rateIndex] ?? 0) / (mpeg1 ? 1 : version === 2 ? 2 : 4);
  const sampleCount = layer === 3 && !mpeg1 ? 576 : 1152;
  const padding = (third >> 1) & 1;
  const channelCount = fourth >> 6 === 3 ? 1 : 2;
  const sideInfoBytes = mpeg1 ? (channelCount === 1 ? 17 : 32) : channelCount === 1 ? 9 : 17;
  return {
    sampleRateHz,
    channelCount,
    bitrateBps,
    frameBytes: Math.floor(((sampleCount / 8) * bitrateBps) / sampleRateHz) + padding,
    sampleCount,
    xingOffsetBytes: 4 + sideInfoBytes,
  };
}

/**
 * The offset of the first frame that is followed by another of the same kind (or by the end of the bytes, where `atEnd`); -1 when
 * there is none. One sync word alone proves nothing: it turns up in any data.
 */
export function findMpegFrame(bytes: Uint8Array, atEnd: boolean): number {
  for (
    let offset = bytes.indexOf(0xff);
    offset >= 0 && offset + 4 <= bytes.length;
    offset = bytes.indexOf(0xff, offset + 1)
  ) {
    const header = parseMpegFrameHeader(bytes, offset);
    if (header === undefined) continue;
    const nextOffset = offset + header.frameBytes;
    if (nextOffset === bytes.length && atEnd) return offset;
    const next = parseMpegFrameHeader(bytes, nextOffset);
    if (next?.sampleRateHz === header.sampleRateHz && next.sampleCount === header.sampleCount) return offset;
  }
  return -1;
}

import { OPUS_SILENCE_FRAME } from "@antiphon/protocol/voice";
import { setPageChecksum } from "../source/ogg-page.ts";

/** Writes Opus frames of 20 ms as an Ogg stream. */
export interface OggOpusWriter {
  /** The stream's first two pages. */
  begin(): Uint8Array;
  /** Takes a frame that starts at this many samples from the beginning; gives the pages that are full. What is missing before it is silence. */
  push(opus: Uint8Array, startSamples: number): Uint8Array;
  /** The last page. */
  end(): Uint8Array;
}

const FRAME_SAMPLES = 960;
/** Frames on a page: a second, so that a recording that is cut off loses no more. */
const FRAMES_PER_PAGE = 50;
/** What decoders drop at the start. @see RFC 7845, section 4.2 */
const PRE_SKIP_SAMPLES = 312;
const FIRST = 2;
const LAST = 4;

function lacing(bytes: number): number[] {
  return [...Array.from({ length: Math.floor(bytes / 255) }, () => 255), bytes % 255];
}

/** Builds a writer; `serial` tells it apart from other streams in one file. @see RFC 3533, RFC 7845 */
export function createOggOpusWriter(serial: number): OggOpusWriter {
  let waiting: Uint8Array[] = [];
  let frameCount = 0;
  let pageCount = 0;

  const page = (packets: readonly Uint8Array[], flags: number, granule: number): Uint8Array => {
    const segments = packets.flatMap(({ length }) => lacing(length));
    const header = Buffer.alloc(27 + segments.length);
    header.write("OggS", 0, "latin1");
    header.writeUInt8(flags, 5);
    header.writeBigInt64LE(BigInt(granule), 6);
    header.writeUInt32LE(serial >>> 0, 14);
    header.writeUInt32LE(pageCount++, 18);
    header.writeUInt8(segments.length, 26);
    header.set(segments, 27);
    return setPageChecksum(Buffer.concat([header, ...packets]));
  };
  const flush = (flags: number): Uint8Array => {
    const packets = waiting;
    waiting = [];
    return page(packets, flags, PRE_SKIP_SAMPLES + frameCount * FRAME_SAMPLES);
  };
  const segmentsWaiting = () => waiting.reduce((sum, { length }) => sum + Math.floor(length / 255) + 1, 0);
  const add = (opus: Uint8Array, pages: Uint8Array[]) => {
    // A page has 255 segments at most.
    if (waiting.length >= FRAMES_PER_PAGE || segmentsWaiting() + Math.floor(opus.length / 255) + 1 > 255)
      pages.push(flush(0));
    waiting.push(opus);
    frameCount++;
  };

  return {
    begin() {
      const head = Buffer.alloc(19);
      head.write("OpusHead", 0, "latin1");
      head.writeUInt8(1, 8);
      head.writeUInt8(2, 9);
      head.writeUInt16LE(PRE_SKIP_SAMPLES, 10);
      head.writeUInt32LE(48_000, 12);
      const vendor = Buffer.from("antiphon", "latin1");
      const tags = Buffer.alloc(8 + 4 + vendor.length + 4);
      tags.write("OpusTags", 0, "latin1");
      tags.writeUInt32LE(vendor.length, 8);
      vendor.copy(tags, 12);
      return Buffer.concat([page([head], FIRST, 0), page([tags], 0, 0)]);
    },
    push(opus, startSamples) {
      const pages: Uint8Array[] = [];
      const place = Math.round(startSamples / FRAME_SAMPLES);
      for (let missing = place - frameCount; missing > 0; missing--) add(OPUS_SILENCE_FRAME, pages);
      add(opus, pages);
      return Buffer.concat(pages);
    },
    end: () => flush(LAST),
  };
}

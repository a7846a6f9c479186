import type { ByteReader } from "./byte-reader.ts";

/** One page of an Ogg stream whose checksum is right. */
export interface OggPage {
  /** The page as it stands in the file. */
  readonly bytes: Uint8Array;
  /** Whether it starts a logical stream. */
  readonly isFirst: boolean;
  /** Whether it goes on with a packet of the page before. */
  readonly isContinued: boolean;
  /** The position at the end of the last packet that ends here; -1 where none ends. */
  readonly granule: number;
  /** Which logical stream it belongs to. */
  readonly serial: number;
  /** Packets and, where `endsOpen`, a last piece that the next page continues. */
  readonly pieces: readonly Uint8Array[];
  /** Whether the last piece goes on in the next page. */
  readonly endsOpen: boolean;
}

const HEADER_BYTES = 27;
/** The largest page there can be. */
const MAXIMUM_PAGE_BYTES = HEADER_BYTES + 255 + 255 * 255;
/** How much is searched at once for the next page. */
const SEARCH_BYTES = 4096;

const CRC_32 = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value >>> 0;
});

/** The checksum of a page, its own field counted as zero. */
function pageChecksum(bytes: Uint8Array): number {
  let value = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = index >= 22 && index < 26 ? 0 : (bytes[index] ?? 0);
    value = (value << 8) ^ (CRC_32[(value >>> 24) ^ byte] ?? 0);
  }
  return value >>> 0;
}

/** Writes the checksum into a page, and gives the page. */
export function setPageChecksum(page: Uint8Array): Uint8Array {
  new DataView(page.buffer, page.byteOffset, page.length).setUint32(22, pageChecksum(page), true);
  return page;
}

function splitPieces(bytes: Uint8Array, segmentCount: number): { pieces: Uint8Array[]; endsOpen: boolean } {
  const pieces: Uint8Array[] = [];
  let start = HEADER_BYTES + segmentCount;
  let length = 0;
  let lacing = 0;
  for (let segment = 0; segment < segmentCount; segment++) {
    lacing = bytes[HEADER_BYTES + segment] ?? 0;
    length += lacing;
    if (lacing === 255 && segment + 1 < segmentCount) continue;
    pieces.push(bytes.subarray(start, start + length));
    start += length;
    length = 0;
  }
  return { pieces, endsOpen: lacing === 255 };
}

/** Reads the page at the start of the bytes; undefined where it is incomplete or its checksum is wrong. @see RFC 3533, section 6 */
function parseOggPage(bytes: Uint8Array): OggPage | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.length < HEADER_BYTES || view.toString("latin1", 0, 4) !== "OggS") return undefined;
  const segmentCount = view.readUInt8(26);
  let length = HEADER_BYTES + segmentCount;
  for (let segment = 0; segment < segmentCount; segment++) length += bytes[HEADER_BYTES + segment] ?? 0;
  if (length > bytes.length) return undefined;
  const page = bytes.slice(0, length);
  if (pageChecksum(page) !== view.readUInt32LE(22)) return undefined;
  const flags = view.readUInt8(5);
  return {
    bytes: page,
    isContinued: (flags & 1) !== 0,
    isFirst: (flags & 2) !== 0,
    granule: Number(view.readBigInt64LE(6)),
    serial: view.readUInt32LE(14),
    ...splitPieces(page, segmentCount),
  };
}

/** How long the page at the reader's position is, from its header; undefined where there is no whole header. */
async function peekPageBytes(reader: ByteReader): Promise<number | undefined> {
  const header = await reader.peek(HEADER_BYTES);
  if (header.length < HEADER_BYTES || Buffer.from(header).toString("latin1", 0, 4) !== "OggS") return undefined;
  const segmentCount = header[26] ?? 0;
  const lacings = (await reader.peek(HEADER_BYTES + segmentCount)).subarray(HEADER_BYTES);
  return lacings.reduce((length, lacing) => length + lacing, HEADER_BYTES + segmentCount);
}

/** Consumes the next page, stepping over damaged ones; undefined at the end. */
export async function takeOggPage(reader: ByteReader): Promise<OggPage | undefined> {
  for (;;) {
    // No more is asked for than the page itself, so that a live stream is heard without delay.
    const pageBytes = await peekPageBytes(reader);
    const page = pageBytes === undefined ? undefined : parseOggPage(await reader.peek(pageBytes));
    if (page !== undefined) {
      await reader.skip(page.bytes.length);
      return page;
    }
    const ahead = Buffer.from(await reader.peek(SEARCH_BYTES));
    if (ahead.length < HEADER_BYTES) return undefined;
    const next = ahead.indexOf("OggS", 1, "latin1");
    await reader.skip(next < 0 ? Math.max(1, ahead.length - 3) : next);
  }
}

/** The position at the end of a logical stream, found by looking at the source's last pages; undefined where it cannot be known. */
export async function findLastGranule(reader: ByteReader, serial: number): Promise<number | undefined> {
  if (!reader.canSeek || reader.sizeBytes === null) return undefined;
  const returnTo = reader.offsetBytes;
  reader.seek(Math.max(0, reader.sizeBytes - MAXIMUM_PAGE_BYTES));
  let granule: number | undefined;
  for (let page = await takeOggPage(reader); page !== undefined; page = await takeOggPage(reader)) {
    if (page.serial === serial && page.granule >= 0) granule = page.granule;
  }
  reader.seek(returnTo);
  return granule;
}

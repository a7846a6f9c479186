import type { ByteReader } from "./byte-reader.ts";
import { takeOggPage, type OggPage } from "./ogg-page.ts";

/** No audio packet is this large; a comment packet with a picture can be, and is cut. */
const MAXIMUM_PACKET_BYTES = 1024 * 1024;

/** A packet of a logical stream. */
export interface OggPacket {
  readonly bytes: Uint8Array;
  readonly serial: number;
  /** Whether it is the first of a logical stream. */
  readonly isFirst: boolean;
}

/** Puts packets together from the pages of one stream at a time: the first that `accepts` its opening packet, then its successors. */
export interface OggPacketReader {
  /** The next packet, or undefined at the end. */
  take(): Promise<OggPacket | undefined>;
}

/** Builds an {@link OggPacketReader}; streams whose first packet is not accepted (video, skeleton) are passed over. */
export function createOggPacketReader(
  reader: ByteReader,
  accepts: (firstPacket: Uint8Array) => boolean,
): OggPacketReader {
  let serial: number | undefined;
  let open: Uint8Array[] = [];
  let openBytes = 0;
  let ready: OggPacket[] = [];

  const addPiece = (piece: Uint8Array) => {
    if (openBytes < MAXIMUM_PACKET_BYTES) open.push(piece);
    openBytes += piece.length;
  };
  const addPage = (page: OggPage) => {
    if (page.isFirst && accepts(page.pieces[0] ?? new Uint8Array(0))) {
      serial = page.serial;
      open = [];
      openBytes = 0;
    }
    if (page.serial !== serial) return;
    page.pieces.forEach((piece, index) => {
      // The rest of a packet whose beginning was lost is no packet.
      if (index === 0 && page.isContinued && open.length === 0) return;
      if (index === 0 && !page.isContinued) open = [];
      if (open.length === 0) openBytes = 0;
      addPiece(piece);
      if (index === page.pieces.length - 1 && page.endsOpen) return;
      ready.push({
        bytes: open.length === 1 ? piece : Buffer.concat(open),
        serial: page.serial,
        isFirst: page.isFirst && index === 0,
      });
      open = [];
    });
  };

  return {
    async take() {
      while (ready.length === 0) {
        const page = await takeOggPage(reader);
        if (page === undefined) return undefined;
        addPage(page);
      }
      const [packet] = ready;
      ready = ready.slice(1);
      return packet;
    },
  };
}

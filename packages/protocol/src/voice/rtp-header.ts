/** The RTP payload type of Discord's Opus streams. */
export const RTP_PAYLOAD_TYPE_OPUS = 0x78;

/** The size of an RTP header without contributing sources or extension, in bytes. */
export const RTP_HEADER_BYTES = 12;

/** How far the RTP timestamp moves per 20 ms frame: the clock runs at 48,000 Hz whatever the channels. */
export const RTP_SAMPLES_PER_FRAME = 960;

/** What a sender writes into a packet's header. */
export interface RtpHeader {
  /** Grows by one per packet, modulo 2^16. */
  readonly sequence: number;
  /** In samples at 48,000 Hz, modulo 2^32. */
  readonly timestamp: number;
  /** Who sends: an unsigned 32-bit number that the voice server gave. */
  readonly ssrc: number;
}

/** What a receiver reads from a packet's header. */
export interface ReceivedRtpHeader extends RtpHeader {
  /** How many bytes stay in clear under the `rtpsize` modes: fixed header, contributing sources, and the extension's 4-byte preamble. */
  readonly clearBytes: number;
  /** The size of the extension's body, which is inside the ciphertext, in bytes. */
  readonly extensionBytes: number;
  /** Whether the decrypted payload ends with RFC 3550 padding. */
  readonly padded: boolean;
}

/** Writes a 12-byte header at the start of `target`. */
export function writeRtpHeader(target: Uint8Array, header: RtpHeader): void {
  const { sequence, timestamp, ssrc } = header;
  target[0] = 0x80;
  target[1] = RTP_PAYLOAD_TYPE_OPUS;
  target[2] = sequence >>> 8;
  target[3] = sequence;
  target[4] = timestamp >>> 24;
  target[5] = timestamp >>> 16;
  target[6] = timestamp >>> 8;
  target[7] = timestamp;
  target[8] = ssrc >>> 24;
  target[9] = ssrc >>> 16;
  target[10] = ssrc >>> 8;
  target[11] = ssrc;
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] ?? 0) << 24) |
      ((bytes[offset + 1] ?? 0) << 16) |
      ((bytes[offset + 2] ?? 0) << 8) |
      (bytes[offset + 3] ?? 0)) >>>
    0
  );
}

/** Reads a packet's header; null for RTCP, keep-alives, other payload types and anything that is cut short. */
export function readRtpHeader(packet: Uint8Array): ReceivedRtpHeader | null {
  const first = packet[0] ?? 0;
  if (packet.length < RTP_HEADER_BYTES || first >>> 6 !== 2) return null;
  if (((packet[1] ?? 0) & 0x7f) !== RTP_PAYLOAD_TYPE_OPUS) return null;
  let clearBytes = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  let extensionBytes = 0;
  if ((first & 0x10) !== 0) {
    extensionBytes = 4 * (((packet[clearBytes + 2] ?? 0) << 8) | (packet[clearBytes + 3] ?? 0));
    clearBytes += 4;
  }
  if (packet.length < clearBytes) return null;
  return {
    sequence: ((packet[2] ?? 0) << 8) | (packet[3] ?? 0),
    timestamp: readUint32(packet, 4),
    ssrc: readUint32(packet, 8),
    clearBytes,
    extensionBytes,
    padded: (first & 0x20) !== 0,
  };
}

/** Cuts the extension's body and the padding off a decrypted payload; null when they claim more bytes than there are. */
export function unwrapRtpPayload(header: ReceivedRtpHeader, payload: Uint8Array): Uint8Array | null {
  const paddingBytes = header.padded ? (payload.at(-1) ?? 0) : 0;
  // Padding counts its own last byte, so that zero is malformed.
  if (header.padded && paddingBytes === 0) return null;
  const end = payload.length - paddingBytes;
  return header.extensionBytes > end ? null : payload.subarray(header.extensionBytes, end);
}

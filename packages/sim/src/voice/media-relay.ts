import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  RTP_HEADER_BYTES,
  decodeDiscoveryRequest,
  encodeDiscoveryResponse,
  readRtpHeader,
  unwrapRtpPayload,
  writeRtpHeader,
  type ReceivedRtpHeader,
} from "@antiphon/protocol/voice";
import type { Clock, Random } from "@antiphon/std";
import {
  createFaultLine,
  createMediaFaultCounts,
  type FaultLine,
  type MediaFaultCounts,
  type MediaFaults,
} from "./fault-line.ts";
import type { VoiceRoom } from "./voice-room.ts";
import type { VoiceSession } from "./voice-session.ts";

/** What a media relay has seen so far. */
export interface MediaRelayCounts {
  /** Media datagrams that were opened. */
  received: number;
  /** Copies sent on to other members, before faults. */
  forwarded: number;
  /** Media datagrams that nobody's key opens, or whose header is wrong. */
  undecryptable: number;
  /** Media datagrams of an SSRC that no member has. */
  unknownSsrc: number;
  /** Media datagrams of members who never sent op 5, which Discord would disconnect. */
  beforeSpeaking: number;
  /** Datagrams that are neither media, nor keep-alives, nor requests for IP discovery. */
  ignored: number;
}

/** One opened packet. */
export interface MediaPacket {
  readonly session: VoiceSession;
  readonly sequence: number;
  readonly timestamp: number;
  /** The payload below the transport encryption. */
  readonly payload: Buffer;
  /** On the monotonic clock, in milliseconds. */
  readonly arrivedAtMs: number;
}

/** Options of {@link openMediaRelay}. */
export interface MediaRelayOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The faults of this moment. */
  readonly faults: () => MediaFaults;
  /** Finds who sends under an SSRC, and where. */
  readonly find: (ssrc: number) => { readonly session: VoiceSession; readonly room: VoiceRoom } | null;
  readonly onPacket: (packet: MediaPacket) => void;
}

/** The voice server's UDP socket: IP discovery, keep-alives, and a selective forwarding unit. */
export interface MediaRelay {
  readonly port: number;
  readonly counts: MediaRelayCounts;
  readonly faultCounts: MediaFaultCounts;
  /** Gives up what still waits to be sent to a member. */
  forget(session: VoiceSession): void;
  close(): Promise<void>;
}

const KEEP_ALIVE_BYTES = 8;
/** A one-byte extension block of RFC 8285: one word, as Discord adds to what it forwards. The word itself is encrypted. */
const EXTENSION_PREAMBLE = Buffer.of(0xbe, 0xde, 0x00, 0x01);
/** Element 1, one byte of audio level (RFC 6464), and two bytes of padding. */
const EXTENSION_BODY = Buffer.of(0x10, 0xff, 0x00, 0x00);

function forwardedHeader(header: ReceivedRtpHeader): Buffer {
  const bytes = Buffer.alloc(RTP_HEADER_BYTES + EXTENSION_PREAMBLE.length);
  writeRtpHeader(bytes, header);
  bytes[0] = 0x90;
  EXTENSION_PREAMBLE.copy(bytes, RTP_HEADER_BYTES);
  return bytes;
}

/** Opens a {@link MediaRelay} on 127.0.0.1. */
export async function openMediaRelay(options: MediaRelayOptions): Promise<MediaRelay> {
  const { clock, random, faults, find, onPacket } = options;
  const socket = createSocket("udp4");
  const lines = new Map<VoiceSession, FaultLine>();
  const counts = { received: 0, forwarded: 0, undecryptable: 0, unknownSsrc: 0, beforeSpeaking: 0, ignored: 0 };
  const faultCounts = createMediaFaultCounts();
  let isClosed = false;

  const sendTo = (datagram: Uint8Array, port: number, address: string) => {
    // A lost datagram is a lost datagram, also when it is the kernel that refuses it.
    if (!isClosed) socket.send(datagram, port, address, () => {});
  };
  const lineTo = (session: VoiceSession): FaultLine => {
    const existing = lines.get(session);
    if (existing !== undefined) return existing;
    const send = (datagram: Buffer) => {
      if (session.transport !== null) sendTo(datagram, session.transport.port, session.transport.address);
    };
    const line = createFaultLine({ clock, random, faults, counts: faultCounts, send });
    lines.set(session, line);
    return line;
  };

  const forward = (room: VoiceRoom, from: VoiceSession, header: ReceivedRtpHeader, payload: Uint8Array) => {
    const clearHeader = forwardedHeader(header);
    const plaintext = Buffer.concat([EXTENSION_BODY, payload]);
    for (const session of room.sessions.values()) {
      if (session === from || session.transport === null) continue;
      counts.forwarded++;
      lineTo(session).push(session.transport.cipher.seal(clearHeader, plaintext));
    }
  };
  const receiveMedia = (datagram: Buffer, header: ReceivedRtpHeader) => {
    const arrivedAtMs = clock.monotonicMs();
    const sender = find(header.ssrc);
    if (sender === null) return counts.unknownSsrc++;
    const plaintext = sender.session.transport?.cipher.open(datagram, header.clearBytes);
    const payload = plaintext ? unwrapRtpPayload(header, plaintext) : null;
    if (payload === null) return counts.undecryptable++;
    counts.received++;
    if (sender.session.speakingFlags === null) counts.beforeSpeaking++;
    const { sequence, timestamp } = header;
    onPacket({ session: sender.session, sequence, timestamp, payload: Buffer.from(payload), arrivedAtMs });
    return forward(sender.room, sender.session, header, payload);
  };

  const answerDiscovery = (ssrc: number, port: number, address: string) => {
    const { discoveryLossRatio = 0 } = faults();
    if (discoveryLossRatio > 0 && random.next() < discoveryLossRatio) faultCounts.lost++;
    else sendTo(encodeDiscoveryResponse(ssrc, { address, port }), port, address);
  };

  socket.on("message", (datagram, { address, port }) => {
    if (datagram.length === KEEP_ALIVE_BYTES) return sendTo(datagram, port, address);
    const discovery = decodeDiscoveryRequest(datagram);
    if (discovery !== null) {
      if (find(discovery.ssrc) !== null) answerDiscovery(discovery.ssrc, port, address);
      return;
    }
    const header = readRtpHeader(datagram);
    if (header === null) counts.ignored++;
    else receiveMedia(datagram, header);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");

  return {
    port: socket.address().port,
    counts,
    faultCounts,
    forget(session) {
      lines.get(session)?.close();
      lines.delete(session);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const line of lines.values()) line.close();
      lines.clear();
      socket.close();
      await once(socket, "close");
    },
  };
}

import { readRtpHeader, unwrapRtpPayload, type ReceivedRtpHeader } from "@antiphon/protocol/voice";
import { createRingWriter, RING_FRAME_BYTES } from "../frame-ring.ts";
import { countJitter } from "../jitter.ts";
import type { Controls, Counters } from "../shared-memory.ts";
import type { SenderKeys } from "./packet-sender.ts";
import { createReorderBuffer, type ReorderBuffer } from "./reorder-buffer.ts";

/** Options of {@link createPacketReceiver}. */
export interface PacketReceiverOptions {
  readonly ring: SharedArrayBuffer;
  readonly counters: Counters;
  readonly controls: Controls;
  /** Frames wait in the ring; called once until the main thread says that it looked. */
  readonly onFrames: () => void;
  /** Someone began or ceased to send audio. */
  readonly onSpeaking: (userId: string, speaking: boolean, ssrc: number) => void;
}

/** The receiving half of a connection. */
export interface PacketReceiver {
  /** Media comes with these keys, or, for null, none does; the latter forgets all speakers. */
  setKeys(keys: Pick<SenderKeys, "cipher" | "e2ee"> | null): void;
  /** Op 5: this SSRC is this user's. */
  mapSsrc(ssrc: number, userId: string, nowMs: number): void;
  /** Op 13: this user left. */
  removeUser(userId: string): void;
  /** Takes a datagram. */
  onPacket(packet: Buffer, nowMs: number): void;
  /** Gives up on what was waited for too long; call it every {@link SWEEP_MS} while `busy`. */
  sweep(nowMs: number): void;
  /** Whether anybody speaks or anything is waited for. */
  readonly busy: boolean;
}

/** How often {@link PacketReceiver.sweep} is called while the receiver is busy, in milliseconds. */
export const SWEEP_MS = 40;
/** How long packets of an SSRC that nobody claimed are kept, in milliseconds. */
const UNMAPPED_HOLD_MS = 200;
/** How many unmapped packets are kept in all. */
const MAXIMUM_UNMAPPED = 128;
/** Somebody who sent nothing for this long is silent, in milliseconds. */
const SPEECH_GAP_MS = 200;

const SAMPLES_PER_MS = 48;
/** The longest Opus packet, in milliseconds; neighbours that are further apart have a pause between them. */
const MAXIMUM_FRAME_MS = 120;

interface ReceivedFrame {
  readonly opus: Uint8Array;
  readonly header: ReceivedRtpHeader;
}

interface Speaker {
  readonly userId: string;
  readonly ssrc: number;
  readonly idHigh: number;
  readonly idLow: number;
  readonly buffer: ReorderBuffer<ReceivedFrame>;
  lastPacketMs: number;
  lastHeader: ReceivedRtpHeader | null;
  speaking: boolean;
}

interface UnmappedPacket {
  readonly header: ReceivedRtpHeader;
  readonly packet: Buffer;
  readonly atMs: number;
}

/** Builds the receiving half of a connection. */
export function createPacketReceiver(options: PacketReceiverOptions): PacketReceiver {
  const { counters, controls, onFrames, onSpeaking } = options;
  const ring = createRingWriter(options.ring);
  const speakers = new Map<number, Speaker>();
  let unmapped: UnmappedPacket[] = [];
  let keys: Pick<SenderKeys, "cipher" | "e2ee"> | null = null;

  const store = (speaker: Pick<Speaker, "idHigh" | "idLow">, { opus, header }: ReceivedFrame) => {
    if (opus.length > RING_FRAME_BYTES) {
      counters.add("packetsMalformed");
      return;
    }
    const tag = [speaker.idHigh, speaker.idLow, header.sequence, header.timestamp] as const;
    if (!ring.push(opus, tag)) counters.add("framesDropped");
    if (controls.exchange("receivePending", 1) === 0) onFrames();
  };
  const createSpeaker = (userId: string, ssrc: number): Speaker => {
    const id = BigInt(userId);
    const ids = { idHigh: Number(id >> 32n), idLow: Number(id & 0xffff_ffffn) };
    const buffer = createReorderBuffer<ReceivedFrame>({
      deliver: (frame) => store(ids, frame),
      onLost: (packets) => counters.add("packetsLost", packets),
      onLate: () => counters.add("packetsLate"),
    });
    return { userId, ssrc, ...ids, buffer, lastPacketMs: 0, lastHeader: null, speaking: false };
  };
  const setSpeaking = (speaker: Speaker, speaking: boolean) => {
    if (speaker.speaking === speaking) return;
    speaker.speaking = speaking;
    onSpeaking(speaker.userId, speaking, speaker.ssrc);
  };
  /** The Opus frame in a packet; undefined, and a number in the statistics, when it cannot be had. */
  const open = (speaker: Speaker, header: ReceivedRtpHeader, packet: Buffer): Uint8Array | undefined => {
    const sealed = keys?.cipher.open(packet, header.clearBytes);
    if (keys === null || sealed === null || sealed === undefined) {
      counters.add("packetsUndecryptable");
      return undefined;
    }
    const payload = unwrapRtpPayload(header, sealed);
    if (payload === null || payload.length === 0) {
      counters.add("packetsMalformed");
      return undefined;
    }
    const opus = keys.e2ee.decrypt(speaker.userId, Buffer.from(payload.buffer, payload.byteOffset, payload.length));
    if (opus === null) counters.add("packetsUndecryptable");
    return opus ?? undefined;
  };
  /** Between neighbours only: a loss or a pause says nothing about the way. @see RFC 3550, section 6.4.1 */
  const noteJitter = ({ lastHeader, lastPacketMs }: Speaker, header: ReceivedRtpHeader, nowMs: number) => {
    if (lastHeader === null || ((header.sequence - lastHeader.sequence) & 0xffff) !== 1) return;
    const sentMs = ((header.timestamp - lastHeader.timestamp) >>> 0) / SAMPLES_PER_MS;
    if (sentMs <= MAXIMUM_FRAME_MS) countJitter(counters, Math.abs(nowMs - lastPacketMs - sentMs));
  };
  const accept = (speaker: Speaker, header: ReceivedRtpHeader, packet: Buffer, nowMs: number) => {
    noteJitter(speaker, header, nowMs);
    speaker.lastPacketMs = nowMs;
    speaker.lastHeader = header;
    setSpeaking(speaker, true);
    // Nobody listens: the keys would be turned for nothing.
    if (controls.load("receiving") === 0) return;
    const opus = open(speaker, header, packet);
    speaker.buffer.push(header.sequence, opus && { opus, header }, nowMs);
  };
  const hold = (header: ReceivedRtpHeader, packet: Buffer, nowMs: number) => {
    if (unmapped.length >= MAXIMUM_UNMAPPED) {
      unmapped.shift();
      counters.add("packetsUnmapped");
    }
    unmapped.push({ header, packet, atMs: nowMs });
  };

  return {
    setKeys(next) {
      keys = next;
      if (next !== null) return;
      for (const speaker of speakers.values()) setSpeaking(speaker, false);
      speakers.clear();
      unmapped = [];
    },
    mapSsrc(ssrc, userId, nowMs) {
      let speaker = speakers.get(ssrc);
      if (speaker?.userId !== userId) {
        if (speaker !== undefined) setSpeaking(speaker, false);
        speaker = createSpeaker(userId, ssrc);
        speakers.set(ssrc, speaker);
      }
      const early = unmapped.filter(({ header }) => header.ssrc === ssrc);
      unmapped = unmapped.filter(({ header }) => header.ssrc !== ssrc);
      for (const { header, packet } of early) accept(speaker, header, packet, nowMs);
    },
    removeUser(userId) {
      for (const [ssrc, speaker] of speakers) {
        if (speaker.userId !== userId) continue;
        setSpeaking(speaker, false);
        speakers.delete(ssrc);
      }
    },
    onPacket(packet, nowMs) {
      const header = readRtpHeader(packet);
      if (header === null || keys === null) return;
      counters.add("packetsReceived");
      counters.add("bytesReceived", packet.length);
      const speaker = speakers.get(header.ssrc);
      if (speaker === undefined) hold(header, packet, nowMs);
      else accept(speaker, header, packet, nowMs);
    },
    sweep(nowMs) {
      const before = unmapped.length;
      unmapped = unmapped.filter(({ atMs }) => nowMs - atMs < UNMAPPED_HOLD_MS);
      counters.add("packetsUnmapped", before - unmapped.length);
      for (const speaker of speakers.values()) {
        speaker.buffer.sweep(nowMs);
        if (nowMs - speaker.lastPacketMs >= SPEECH_GAP_MS) setSpeaking(speaker, false);
      }
    },
    get busy() {
      return unmapped.length > 0 || speakers.values().some(({ speaking }) => speaking);
    },
  };
}

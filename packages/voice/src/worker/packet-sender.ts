import { randomInt } from "node:crypto";
import { OPUS_SILENCE_FRAME, RTP_SAMPLES_PER_FRAME, writeRtpHeader } from "@antiphon/protocol/voice";
import { createRingReader, RING_FRAME_BYTES } from "../frame-ring.ts";
import type { Controls, Counters } from "../shared-memory.ts";
import type { ClockStream } from "./audio-clock.ts";
import type { E2eeSession } from "./e2ee-session.ts";
import { MAXIMUM_PACKET_BYTES, type PacketCipher } from "./packet-cipher.ts";

/** What a sender needs while media may flow. */
export interface SenderKeys {
  readonly ssrc: number;
  readonly cipher: PacketCipher;
  readonly e2ee: E2eeSession;
}

/** Options of {@link createPacketSender}. */
export interface PacketSenderOptions {
  readonly ring: SharedArrayBuffer;
  readonly counters: Counters;
  readonly controls: Controls;
  /** Sends a packet; the buffer stays untouched until several more were sent. */
  readonly transmit: (packet: Uint8Array) => void;
  /** Tells the voice server that audio follows, or that it is over. */
  readonly announceSpeaking: (speaking: boolean, ssrc: number) => void;
  /** The first frame of a playback was sent. */
  readonly onStart: (playbackId: number) => void;
  /** The last frame of a playback was sent, of so many. */
  readonly onEnd: (playbackId: number, playedFrames: number) => void;
  /** A playing source had no frame ready; once until it has one again. */
  readonly onUnderrun: (playbackId: number) => void;
  /** Where sequence numbers and timestamps begin. Random by default, as RFC 3550 wants it. */
  readonly origin?: { readonly sequence: number; readonly timestamp: number } | undefined;
}

/** The sending half of a connection, driven by the clock. */
export interface PacketSender extends ClockStream {
  /** Media may flow with these keys, or, for null, must stop; frames wait in the ring meanwhile. */
  setKeys(keys: SenderKeys | null): void;
  /** Announces itself again before the next packet: a resumed session forgot. */
  reannounce(): void;
}

/** Silence frames after the last frame, so that receivers do not interpolate into what follows. */
const SILENCE_FRAMES = 5;
/** How many ticks frames wait for end-to-end encryption before they are let go unheard: 5 s. They are never sent in clear. */
const MAXIMUM_HELD_TICKS = 250;
/** Packet buffers in rotation, because a socket may hold on to one until its send is done. */
const PACKET_BUFFERS = 8;

/** A frame that was read ahead and, when keys allowed it, encrypted for its tick. */
interface Prepared {
  /** The frame's length; 0 marks the end of its playback. */
  readonly frameBytes: number;
  readonly playbackId: number;
  /** The sealed packet, and what it was sealed for. */
  readonly packet: Uint8Array | null;
  readonly tick: number;
  readonly keys: SenderKeys | null;
  readonly epoch: number | null;
}

/** Builds the sending half of a connection. */
export function createPacketSender(options: PacketSenderOptions): PacketSender {
  const { counters, controls, transmit, announceSpeaking, onStart, onEnd, onUnderrun } = options;
  const ring = createRingReader(options.ring);
  const buffers = Array.from({ length: PACKET_BUFFERS }, () => Buffer.alloc(MAXIMUM_PACKET_BYTES));
  const frame = Buffer.alloc(RING_FRAME_BYTES);
  const tag = new Uint32Array(4);
  const origin = options.origin ?? { sequence: randomInt(2 ** 16), timestamp: randomInt(2 ** 32) };
  let { sequence } = origin;
  let packets = 0;
  let keys: SenderKeys | null = null;
  let prepared: Prepared | null = null;
  let speaking = false;
  let silenceLeft = 0;
  let playingId = 0;
  let heldTicks = 0;
  let dry = false;

  const seal = (payload: Uint8Array, tick: number, { ssrc, cipher }: SenderKeys): Uint8Array | null => {
    const buffer = buffers[packets % PACKET_BUFFERS] as Buffer;
    writeRtpHeader(buffer, { sequence, timestamp: (origin.timestamp + tick * RTP_SAMPLES_PER_FRAME) >>> 0, ssrc });
    const packetBytes = cipher.seal(buffer, payload);
    return packetBytes === 0 ? null : buffer.subarray(0, packetBytes);
  };
  const sealFrame = (frameBytes: number, tick: number, using: SenderKeys): Uint8Array | null => {
    const payload = using.e2ee.encrypt(frame.subarray(0, frameBytes));
    return payload && seal(payload, tick, using);
  };

  const prepare = (tick: number): Prepared | null => {
    let frameBytes = ring.read(frame, tag);
    while (frameBytes >= 0 && tag[1] === 1) frameBytes = ring.read(frame, tag);
    if (frameBytes < 0) return null;
    const playbackId = tag[0] ?? 0;
    const packet = frameBytes > 0 && keys?.e2ee.sendable === true ? sealFrame(frameBytes, tick, keys) : null;
    return { frameBytes, playbackId, packet, tick, keys, epoch: keys?.e2ee.epoch ?? null };
  };
  const send = (packet: Uint8Array, ssrc: number) => {
    if (!speaking) {
      speaking = true;
      announceSpeaking(true, ssrc);
    }
    transmit(packet);
    sequence = (sequence + 1) & 0xffff;
    packets++;
    counters.add("packetsSent");
    counters.add("bytesSent", packet.length);
  };
  const sendSilence = (tick: number, using: SenderKeys) => {
    // A frame that was read ahead was sealed for this sequence number; it is sealed again when its turn comes.
    const packet = seal(OPUS_SILENCE_FRAME, tick, using);
    if (packet !== null) send(packet, using.ssrc);
    silenceLeft--;
    if (silenceLeft > 0) return;
    speaking = false;
    announceSpeaking(false, using.ssrc);
  };
  const noteUnderrun = () => {
    counters.add("underruns");
    if (!dry) onUnderrun(playingId);
    dry = true;
  };
  const count = (playbackId: number) => {
    dry = false;
    // The controls know what played before a crash of this thread.
    if (playbackId === playingId || playbackId === controls.load("playbackId")) {
      playingId = playbackId;
      controls.store("playedFrames", controls.load("playedFrames") + 1);
      return;
    }
    playingId = playbackId;
    // Nobody may take the frames of one for those of the other.
    controls.store("playbackId", 0);
    controls.store("playedFrames", 1);
    controls.store("playbackId", playbackId);
    onStart(playbackId);
  };
  /** Frames that nobody may hear yet wait for a while; then they pass in silence, so that a playback ends some time. */
  const withhold = (tick: number): boolean => {
    if (prepared === null && ring.size === 0) return playingId !== 0;
    if (heldTicks < MAXIMUM_HELD_TICKS) {
      heldTicks++;
      return true;
    }
    const next = prepared ?? prepare(tick);
    prepared = null;
    if (next === null) return true;
    if (next.frameBytes === 0) finish(next.playbackId);
    else {
      count(next.playbackId);
      counters.add("framesWithheld");
    }
    return true;
  };
  const finish = (playbackId: number) => {
    playingId = 0;
    // Said here, for in a moment the controls tell of what follows.
    onEnd(playbackId, controls.load("playbackId") === playbackId ? controls.load("playedFrames") : 0);
  };
  /** Sends the next frame; false when there is none. */
  const sendFrame = (tick: number, using: SenderKeys): boolean => {
    let next = prepared ?? prepare(tick);
    prepared = null;
    while (next?.frameBytes === 0) {
      finish(next.playbackId);
      next = prepare(tick);
    }
    if (next === null) return false;
    const current = next.tick === tick && next.keys === using && next.epoch === using.e2ee.epoch;
    const packet = (current ? next.packet : null) ?? sealFrame(next.frameBytes, tick, using);
    if (packet === null) counters.add("framesWithheld");
    else {
      send(packet, using.ssrc);
      silenceLeft = SILENCE_FRAMES;
    }
    count(next.playbackId);
    prepared = prepare(tick + 1);
    return true;
  };

  return {
    setKeys(next) {
      keys = next;
      heldTicks = 0;
      speaking = false;
      silenceLeft = 0;
    },
    reannounce() {
      speaking = false;
    },
    onSkip(ticks) {
      counters.add("skippedTicks", ticks);
    },
    onTick(tick) {
      if (ring.applyClear()) {
        prepared = null;
        playingId = 0;
      }
      if (keys === null) return false;
      const paused = controls.load("paused") === 1;
      if (!keys.e2ee.sendable && !paused) return withhold(tick);
      heldTicks = 0;
      if (!paused && sendFrame(tick, keys)) return true;
      if (!paused && playingId !== 0) noteUnderrun();
      if (silenceLeft > 0) sendSilence(tick, keys);
      return silenceLeft > 0 || (!paused && playingId !== 0);
    },
  };
}

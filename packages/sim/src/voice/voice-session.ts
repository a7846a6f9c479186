import { randomBytes } from "node:crypto";
import { TRANSPORT_KEY_BYTES, VoiceOpcode, encodeServerFrame, type EncryptionMode } from "@antiphon/protocol/voice";
import type { Clock, Timer } from "@antiphon/std";
import type { WebSocket } from "ws";
import type { VoiceSession as VoiceIdentity } from "../voice-allocator.ts";
import { createReplayBuffer, type WireMessage } from "./replay-buffer.ts";
import { createTransportCipher, type TransportCipher } from "./transport-cipher.ts";

/** Where a member's media goes and how it is sealed; known once the client has selected a protocol. */
export interface Transport {
  readonly address: string;
  readonly port: number;
  readonly mode: EncryptionMode;
  readonly secretKey: Uint8Array;
  readonly cipher: TransportCipher;
}

/** Options of {@link createVoiceSession}. */
export interface VoiceSessionOptions {
  readonly identity: VoiceIdentity;
  readonly ssrc: number;
  readonly clock: Clock;
  /** How many messages a resume can repeat. */
  readonly replayLimit: number;
  /** The number of the first message that can be repeated. */
  readonly firstSequence: number;
  /** How long a session without a socket waits for a resume. */
  readonly resumeTimeoutMs: number;
  /** Told once when the session is over for good. */
  readonly onEnd: () => void;
}

/** One member's voice session: it outlives its socket for as long as a resume may come. */
export interface VoiceSession {
  readonly identity: VoiceIdentity;
  readonly ssrc: number;
  /** Null until SELECT PROTOCOL. */
  readonly transport: Transport | null;
  /** The bits of the last op 5; null when the client has sent none. */
  speakingFlags: number | null;
  /** The socket that carries the session now, if any. */
  readonly socket: WebSocket | null;
  /** Carries the session on a socket from now on; an earlier socket is cut. */
  attach(socket: WebSocket): void;
  /** The socket is gone; the session waits for a resume. */
  detach(socket: WebSocket): void;
  /** Sets up media as the client has selected. */
  selectTransport(selection: Pick<Transport, "address" | "port" | "mode">): Transport;
  /** Sends JSON that a resume repeats. */
  send(op: number, data: unknown): void;
  /** Sends bytes that a resume repeats. */
  sendBinary(op: number, payload: Uint8Array): void;
  /** Notes what the client has seen. */
  acknowledge(sequence: number): void;
  /** The messages that a client at this number has missed, or null when it cannot resume from there. */
  missedSince(sequence: number): readonly WireMessage[] | null;
  /** Ends the session and closes its socket with a code. */
  end(closeCode: number): void;
}

/** A client that lets this much pile up on its socket, in bytes, has stopped reading. */
const SOCKET_BACKLOG_BYTES = 8 * 1024 * 1024;

/** Sends on an open socket; one whose client has stopped reading is cut. */
export function sendOn(socket: WebSocket, message: WireMessage): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > SOCKET_BACKLOG_BYTES) return socket.terminate();
  socket.send(message);
}

/** Sends JSON that is not numbered and never repeated. */
export function sendUnnumbered(socket: WebSocket, op: number, data: unknown): void {
  sendOn(socket, JSON.stringify({ op, d: data }));
}

/** Closes with a code; 1004 to 1006 cannot be sent, so that the socket is cut instead. */
export function closeWith(socket: WebSocket, code: number): void {
  if (code >= 1004 && code <= 1006) socket.terminate();
  else socket.close(code);
}

/** Builds a {@link VoiceSession} that has no socket yet. */
export function createVoiceSession(options: VoiceSessionOptions): VoiceSession {
  const { identity, ssrc, clock, replayLimit, firstSequence, resumeTimeoutMs, onEnd } = options;
  const replay = createReplayBuffer({ limit: replayLimit, firstSequence });
  let transport: Transport | null = null;
  let socket: WebSocket | null = null;
  let resumeTimer: Timer | null = null;
  let isOver = false;

  const deliver = (message: WireMessage) => {
    if (socket !== null) sendOn(socket, message);
  };
  const end = (closeCode: number) => {
    if (isOver) return;
    isOver = true;
    resumeTimer?.cancel();
    const last = socket;
    socket = null;
    if (last !== null) closeWith(last, closeCode);
    onEnd();
  };

  return {
    identity,
    ssrc,
    speakingFlags: null,
    get transport() {
      return transport;
    },
    get socket() {
      return socket;
    },
    attach(next) {
      resumeTimer?.cancel();
      resumeTimer = null;
      const last = socket;
      socket = next;
      last?.terminate();
    },
    detach(gone) {
      if (socket !== gone || isOver) return;
      socket = null;
      resumeTimer = clock.setTimer(resumeTimeoutMs, () => end(4009));
    },
    selectTransport({ address, port, mode }) {
      const secretKey = randomBytes(TRANSPORT_KEY_BYTES);
      transport = { address, port, mode, secretKey, cipher: createTransportCipher(mode, secretKey) };
      return transport;
    },
    send(op, data) {
      deliver(replay.add((sequence) => JSON.stringify({ op, d: data, seq: sequence })));
    },
    sendBinary(op, payload) {
      deliver(replay.add((sequence) => encodeServerFrame({ sequence, op, payload })));
    },
    acknowledge: replay.acknowledge,
    missedSince: replay.since,
    end,
  };
}

/** SPEAKING as the voice server relays it. */
export function sendSpeaking(to: VoiceSession, speaker: VoiceSession): void {
  const data = { speaking: speaker.speakingFlags ?? 0, delay: 0, ssrc: speaker.ssrc, user_id: speaker.identity.userId };
  to.send(VoiceOpcode.Speaking, data);
}

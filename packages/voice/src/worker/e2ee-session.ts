import type {
  VoiceClientFrame,
  VoiceClientMessage,
  VoiceMediaMessage,
  VoiceServerFrame,
} from "@antiphon/protocol/voice";

/** What a session wants sent to the voice server: a JSON message or a binary frame. */
export type E2eeReply =
  | { readonly type: "message"; readonly message: VoiceClientMessage }
  | { readonly type: "frame"; readonly frame: VoiceClientFrame };

/** The end-to-end encryption of one stay in one voice channel. Bound to its thread. */
export interface E2eeSession {
  /** The DAVE protocol version in force; 0 is none. */
  readonly protocolVersion: number;
  /** Whether frames may be sent: the group stands, or the call is not end-to-end encrypted. */
  readonly sendable: boolean;
  /** The group's epoch; null while there is no group. */
  readonly epoch: number | null;
  /** 30 digits that are the same for every member of the call; null while there is no group. */
  readonly privacyCode: string | null;
  /** Takes a JSON message (op 21, 22 or 24). */
  handleMessage(message: VoiceMediaMessage): void;
  /** Takes a binary frame (op 25, 27, 29 or 30); `recognizedUserIds` are those whom the server announced. */
  handleFrame(frame: VoiceServerFrame, recognizedUserIds: ReadonlySet<string>): void;
  /** A frame as it goes into a packet; null when it cannot be encrypted, and must not be sent. */
  encrypt(frame: Uint8Array): Uint8Array | null;
  /** A frame as its sender encoded it; null when it cannot be decrypted. */
  decrypt(userId: string, frame: Buffer): Uint8Array | null;
  /** Forgets all keys; idempotent. */
  close(): void;
}

/** What a session is built from. */
export interface E2eeSessionOptions {
  /** From the session description; 0 is no end-to-end encryption, until op 24 says otherwise. */
  readonly protocolVersion: number;
  readonly userId: string;
  /** The MLS group's id. */
  readonly channelId: string;
  /** Sends to the voice server. */
  readonly reply: (reply: E2eeReply) => void;
  /** The version, the epoch or the privacy code may have changed. */
  readonly onChange: () => void;
  /** Notes what went wrong and was survived. */
  readonly debug: (message: string) => void;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

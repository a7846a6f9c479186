import { AntiphonError } from "@antiphon/std";
import type { VoiceEnd, VoiceEndKind } from "@antiphon/protocol/voice";

/** What can go wrong with a voice connection. */
export type VoiceErrorCode =
  | "VOICE_CLOSED"
  | "VOICE_JOIN_TIMED_OUT"
  | "VOICE_AUTHENTICATION_FAILED"
  | "VOICE_DAVE_REQUIRED"
  | "VOICE_REJECTED"
  | "VOICE_KICKED"
  | "VOICE_RATE_LIMITED"
  | "VOICE_CALL_TERMINATED"
  | "VOICE_DISCOVERY_FAILED"
  | "VOICE_ENCRYPTION_UNSUPPORTED"
  | "VOICE_SESSION_LOST"
  | "VOICE_RECONNECT_FAILED"
  | "VOICE_WORKER_FAILED"
  | "VOICE_SOURCE_FAILED"
  | "VOICE_SEEK_UNSUPPORTED"
  | "VOICE_VOLUME_UNSUPPORTED";

/** Every error of the voice connection; match on `code`. */
export class VoiceError extends AntiphonError<VoiceErrorCode> {}

const codes: Readonly<Record<VoiceEndKind, VoiceErrorCode>> = {
  requested: "VOICE_CLOSED",
  authenticationFailed: "VOICE_AUTHENTICATION_FAILED",
  daveRequired: "VOICE_DAVE_REQUIRED",
  rejected: "VOICE_REJECTED",
  disconnected: "VOICE_KICKED",
  rateLimited: "VOICE_RATE_LIMITED",
  callTerminated: "VOICE_CALL_TERMINATED",
  discoveryFailed: "VOICE_DISCOVERY_FAILED",
  noCommonEncryption: "VOICE_ENCRYPTION_UNSUPPORTED",
  reconnectFailed: "VOICE_RECONNECT_FAILED",
};

const retryable: ReadonlySet<VoiceEndKind> = new Set(["authenticationFailed", "discoveryFailed", "reconnectFailed"]);

/** The error of a connection's end. */
export function voiceErrorOf({ kind, closeCode, meaning }: VoiceEnd): VoiceError {
  return new VoiceError(codes[kind], meaning, { retryable: retryable.has(kind), details: { closeCode } });
}

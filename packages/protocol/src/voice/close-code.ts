/**
 * What a client does after the voice gateway closed: go on with the session (`resume`), ask the main gateway for a new one (`rejoin`),
 * give up with an error (`fail`), or end quietly (`none`).
 */
export type VoiceCloseAction = "resume" | "rejoin" | "fail" | "none";

/** One row of the voice gateway's close codes. */
export interface VoiceCloseCode {
  readonly code: number;
  readonly name: string;
  readonly action: VoiceCloseAction;
  /** What it means, as a sentence for a log or an error. */
  readonly meaning: string;
}

const rows: readonly (readonly [number, string, VoiceCloseAction, string])[] = [
  [4001, "UNKNOWN_OPCODE", "fail", "The client sent an opcode that the voice server does not know."],
  [4002, "DECODE_ERROR", "fail", "The client sent a payload that the voice server could not decode."],
  [4003, "NOT_AUTHENTICATED", "fail", "The client sent a payload before it identified."],
  [4004, "AUTHENTICATION_FAILED", "fail", "The voice token is wrong or stale. Join again to get a fresh one."],
  [4005, "ALREADY_AUTHENTICATED", "fail", "The client identified twice."],
  [4006, "SESSION_INVALID", "rejoin", "The voice session is no longer valid."],
  [4009, "SESSION_TIMED_OUT", "rejoin", "The voice session timed out."],
  [4011, "SERVER_NOT_FOUND", "rejoin", "The voice server could not be found."],
  [4012, "UNKNOWN_PROTOCOL", "fail", "The voice server does not know the protocol that the client selected."],
  [4014, "DISCONNECTED", "none", "The client was disconnected or moved, or its main gateway session ended."],
  [4015, "VOICE_SERVER_CRASHED", "resume", "The voice server crashed."],
  [
    4016,
    "UNKNOWN_ENCRYPTION_MODE",
    "fail",
    "The voice server does not know the encryption mode that the client selected.",
  ],
  [4017, "DAVE_REQUIRED", "fail", "The call is end-to-end encrypted and the client offered no DAVE protocol version."],
  [4020, "BAD_REQUEST", "fail", "The client sent a malformed request."],
  [4021, "RATE_LIMITED", "none", "The client was disconnected because of rate limits. Do not reconnect."],
  [4022, "CALL_TERMINATED", "none", "The call ended for everybody. Do not reconnect."],
];

/** The documented close codes of the voice gateway, by number. @see [Discord Docs/Opcodes and Status Codes] */
export const voiceCloseCodes: ReadonlyMap<number, VoiceCloseCode> = new Map(
  rows.map(([code, name, action, meaning]) => [code, { code, name, action, meaning }]),
);

/** What to do after a close: codes below 4000 are lost sockets and resume; unknown codes from 4000 start over. */
export function voiceCloseAction(code: number): VoiceCloseAction {
  if (code < 4000) return "resume";
  return voiceCloseCodes.get(code)?.action ?? "rejoin";
}

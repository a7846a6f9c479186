/**
 * Opcodes of the voice gateway, v8. 25 to 30 travel in binary frames, the rest as JSON text (21, 22, 24 and 31 too). Numbers that are
 * not here (12, 14, 15, 16, 18, 20) are sent by Discord, undocumented, and safe to ignore.
 *
 * @see [Discord Docs/Opcodes and Status Codes], "Voice Opcodes"
 */
export const VoiceOpcode = {
  Identify: 0,
  SelectProtocol: 1,
  Ready: 2,
  Heartbeat: 3,
  SessionDescription: 4,
  Speaking: 5,
  HeartbeatAck: 6,
  Resume: 7,
  Hello: 8,
  Resumed: 9,
  ClientsConnect: 11,
  ClientDisconnect: 13,
  DavePrepareTransition: 21,
  DaveExecuteTransition: 22,
  DaveTransitionReady: 23,
  DavePrepareEpoch: 24,
  MlsExternalSender: 25,
  MlsKeyPackage: 26,
  MlsProposals: 27,
  MlsCommitWelcome: 28,
  MlsAnnounceCommitTransition: 29,
  MlsWelcome: 30,
  MlsInvalidCommitWelcome: 31,
} as const;

/** The number of a voice opcode. */
export type VoiceOpcode = (typeof VoiceOpcode)[keyof typeof VoiceOpcode];

/** The bits of the `speaking` field of op 5. */
export const SpeakingFlag = { Microphone: 1, Soundshare: 2, Priority: 4 } as const;

/** The version of the voice gateway that this package speaks; versions below 4 were switched off in November 2024. */
export const VOICE_GATEWAY_VERSION = 8;

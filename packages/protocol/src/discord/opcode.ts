/** Opcodes of the main gateway, v10. @see [Discord Docs/Opcodes and Status Codes] */
export const GatewayOpcode = {
  Dispatch: 0,
  Heartbeat: 1,
  Identify: 2,
  PresenceUpdate: 3,
  VoiceStateUpdate: 4,
  Resume: 6,
  Reconnect: 7,
  RequestGuildMembers: 8,
  InvalidSession: 9,
  Hello: 10,
  HeartbeatAck: 11,
  RequestSoundboardSounds: 31,
  RequestChannelInfo: 43,
} as const;

/** The number of a gateway opcode. */
export type GatewayOpcode = (typeof GatewayOpcode)[keyof typeof GatewayOpcode];

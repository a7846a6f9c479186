/** Something that happened in a room. */
export type VoiceSimulatorEvent =
  | {
      readonly type: "memberJoin";
      readonly guildId: string;
      readonly channelId: string;
      readonly userId: string;
      readonly ssrc: number;
    }
  | { readonly type: "memberLeave"; readonly guildId: string; readonly channelId: string; readonly userId: string }
  | {
      readonly type: "speaking";
      readonly guildId: string;
      readonly channelId: string;
      readonly userId: string;
      /** The bits of op 5; 0 is silence. */
      readonly flags: number;
    }
  | {
      readonly type: "packet";
      readonly guildId: string;
      readonly channelId: string;
      readonly userId: string;
      readonly sequence: number;
      readonly timestamp: number;
      /** When the datagram arrived, on the simulator's monotonic clock, in milliseconds. */
      readonly arrivedAtMs: number;
      /** What lies below the transport encryption; Opus, or a DAVE frame. */
      readonly payload: Uint8Array;
      /** The size below the transport encryption, in bytes. */
      readonly payloadBytes: number;
      /** Whether the payload ends like a DAVE frame. */
      readonly endToEndEncrypted: boolean;
    }
  | {
      readonly type: "daveEpoch";
      readonly guildId: string;
      readonly channelId: string;
      /** 0 when the group was dissolved. */
      readonly epoch: number;
      /** The group's members, in the order of their leaves. */
      readonly userIds: readonly string[];
    };

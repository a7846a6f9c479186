import type { VoiceServerFrame } from "./binary-frame.ts";
import type { VoiceClientMessage, VoiceServerMessageOf, VoiceServerText } from "./envelope.ts";
import type { DiscoveredAddress } from "./ip-discovery.ts";
import type { VoiceOpcode } from "./opcode.ts";
import type { EncryptionMode } from "./rtpsize.ts";

/** What the main gateway hands out for one stay in one voice channel. */
export interface VoiceSessionCredentials {
  readonly guildId: string;
  /** The channel; DAVE's group id. */
  readonly channelId: string;
  readonly userId: string;
  /** From VOICE_STATE_UPDATE. */
  readonly sessionId: string;
  /** From VOICE_SERVER_UPDATE; a secret. */
  readonly token: string;
  /** `host[:port]` without a scheme, from VOICE_SERVER_UPDATE. */
  readonly endpoint: string;
}

/** Why a connection ended for good. */
export type VoiceEndKind =
  | "requested"
  | "authenticationFailed"
  | "daveRequired"
  | "rejected"
  | "disconnected"
  | "rateLimited"
  | "callTerminated"
  | "discoveryFailed"
  | "noCommonEncryption"
  | "reconnectFailed";

/** The end of a connection, with the close code that caused it. */
export interface VoiceEnd {
  readonly kind: VoiceEndKind;
  /** Null when no close code was involved. */
  readonly closeCode: number | null;
  /** A sentence for a log or an error. */
  readonly meaning: string;
}

/** Why a connection waits for credentials: `moved` may be a kick, `sessionLost` was asked for, `serverGone` comes by itself. */
export type AwaitCause = "moved" | "sessionLost" | "serverGone";

/** What outlives a change of state. */
export interface VoiceMachineSession {
  readonly credentials: VoiceSessionCredentials;
  /** The last sequence number received, -1 before the first. */
  readonly sequence: number;
  /** Undefined before Hello. */
  readonly heartbeatMs: number | undefined;
  /** Heartbeats sent since the last acknowledgement. */
  readonly unacknowledged: number;
  /** Sockets lost since the last time that the connection stood. */
  readonly failures: number;
  /** Sessions asked for since the last time that the connection stood. */
  readonly rejoins: number;
  /** How long after a 4014 a move's credentials may take, in milliseconds; 0 takes every 4014 for the end. */
  readonly moveWaitMs: number;
}

/** The data of op 2. */
export type ReadyData = VoiceServerMessageOf<typeof VoiceOpcode.Ready>["d"];

/** Where a voice connection stands. `resuming` keeps UDP and keys, so that audio goes on; every other state has none. */
export type VoiceMachineState =
  | { readonly name: "idle"; readonly moveWaitMs: number }
  | { readonly name: "backoff"; readonly session: VoiceMachineSession; readonly resume: boolean }
  | { readonly name: "opening"; readonly session: VoiceMachineSession; readonly resume: boolean }
  | { readonly name: "identifying"; readonly session: VoiceMachineSession }
  | {
      readonly name: "discovering";
      readonly session: VoiceMachineSession;
      readonly ready: ReadyData;
      readonly attempt: number;
    }
  | {
      readonly name: "selecting";
      readonly session: VoiceMachineSession;
      readonly ready: ReadyData;
      readonly mode: EncryptionMode;
    }
  | { readonly name: "connected"; readonly session: VoiceMachineSession }
  | { readonly name: "resuming"; readonly session: VoiceMachineSession }
  | {
      readonly name: "awaitingCredentials";
      readonly session: VoiceMachineSession;
      readonly cause: AwaitCause;
      readonly closeCode: number | null;
    }
  | { readonly name: "closed"; readonly end: VoiceEnd };

/** The timers that a driver keeps, each at most once. */
export type VoiceTimer = "heartbeat" | "handshake" | "discovery" | "backoff" | "credentials";

/** What happens to a connection. */
export type VoiceInput =
  /** Fresh credentials: the first ones, or those of a rejoin, a move or a new server. */
  | { readonly type: "credentials"; readonly credentials: VoiceSessionCredentials }
  | { readonly type: "text"; readonly text: VoiceServerText; readonly nowMs: number }
  | { readonly type: "frame"; readonly frame: VoiceServerFrame }
  | { readonly type: "socketClosed"; readonly code: number }
  | { readonly type: "discovered"; readonly address: DiscoveredAddress }
  | { readonly type: "timer"; readonly timer: VoiceTimer; readonly nowMs: number }
  /** The main gateway says that the server went away (endpoint null); a new one will follow. */
  | { readonly type: "serverGone" }
  /** The main gateway says that we are in no channel any more. */
  | { readonly type: "left" }
  | { readonly type: "close" };

/** The server's messages that concern media and members, passed through to the driver. */
export type VoiceMediaMessage = VoiceServerMessageOf<5 | 11 | 13 | 21 | 22 | 24>;

/** What a driver does. */
export type VoiceEffect =
  /** Opens a WebSocket; events of an earlier one must no longer be reported. */
  | { readonly type: "openSocket"; readonly url: string }
  | { readonly type: "closeSocket"; readonly code: number }
  | { readonly type: "send"; readonly message: VoiceClientMessage }
  | { readonly type: "openUdp"; readonly address: string; readonly port: number; readonly ssrc: number }
  | { readonly type: "sendDiscovery"; readonly ssrc: number }
  /** Closes UDP and forgets keys, members and the DAVE session. */
  | { readonly type: "closeMedia" }
  | { readonly type: "setTimer"; readonly timer: VoiceTimer; readonly delayMs: number }
  | { readonly type: "clearTimer"; readonly timer: VoiceTimer }
  /** Media may flow with these keys. */
  | {
      readonly type: "established";
      readonly mode: EncryptionMode;
      readonly secretKey: readonly number[];
      readonly ssrc: number;
      readonly daveProtocolVersion: number;
      readonly credentials: VoiceSessionCredentials;
    }
  /** The old session goes on; op 5 must be sent again before more audio. */
  | { readonly type: "resumed" }
  | { readonly type: "media"; readonly message: VoiceMediaMessage }
  | { readonly type: "mediaFrame"; readonly frame: VoiceServerFrame }
  | { readonly type: "latency"; readonly latencyMs: number }
  /** Ask the main gateway for a new session (op 4); `attempt` counts from 0. */
  | { readonly type: "rejoin"; readonly attempt: number; readonly closeCode: number | null }
  | { readonly type: "ended"; readonly end: VoiceEnd };

/** The outcome of one step. */
export interface VoiceStep {
  readonly state: VoiceMachineState;
  readonly effects: readonly VoiceEffect[];
}

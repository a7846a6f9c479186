import type { VoiceEnd, VoiceSessionCredentials } from "@antiphon/protocol/voice";
import type { ConnectionMemory } from "../shared-memory.ts";
import type { VoiceEncryption } from "../voice-stats.ts";

/** Where a connection stands, as the main thread needs to know it. */
export type RoomPhase = "connecting" | "connected" | "reconnecting";

/** What the main thread asks of a worker about one connection. */
export type RoomCommand =
  | {
      readonly type: "open";
      readonly memory: ConnectionMemory;
      readonly ca: string | undefined;
      readonly moveWaitMs?: number | undefined;
    }
  | { readonly type: "credentials"; readonly credentials: VoiceSessionCredentials }
  | { readonly type: "serverGone" }
  | { readonly type: "left" }
  /** Frames were written, or a control changed, while the clock may stand still. */
  | { readonly type: "wake" }
  /** The speaking flags changed. */
  | { readonly type: "reannounce" }
  | { readonly type: "close" };

/** What a worker reports about one connection. */
export type RoomReport =
  | { readonly type: "phase"; readonly phase: RoomPhase }
  | {
      readonly type: "rejoin";
      readonly attempt: number;
      readonly closeCode: number | null;
      readonly problem: string | null;
    }
  | { readonly type: "encryption"; readonly encryption: VoiceEncryption }
  | { readonly type: "speaking"; readonly userId: string; readonly speaking: boolean; readonly ssrc: number }
  | { readonly type: "memberJoin"; readonly userId: string }
  | { readonly type: "memberLeave"; readonly userId: string }
  | { readonly type: "playbackStart"; readonly playbackId: number }
  | { readonly type: "playbackEnd"; readonly playbackId: number; readonly playedFrames: number }
  | { readonly type: "underrun"; readonly playbackId: number }
  /** Received frames wait in the ring. */
  | { readonly type: "frames" }
  | { readonly type: "debug"; readonly message: string }
  /** The last report: sockets and timers of the connection are gone. */
  | { readonly type: "ended"; readonly end: VoiceEnd };

/** A message to a worker: its connection and what is asked; or that no connection follows, and the thread may end. */
export type WorkerCommand =
  | { readonly type: "room"; readonly connectionId: number; readonly command: RoomCommand }
  | { readonly type: "end" };

/** A message from a worker. */
export interface WorkerReport {
  readonly connectionId: number;
  readonly report: RoomReport;
}

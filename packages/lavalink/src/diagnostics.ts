import { channel } from "node:diagnostics_channel";
import type { GuildId } from "@antiphon/protocol/discord";
import type { LavalinkEvent } from "./event.ts";
import type { LoopMode } from "./queue.ts";
import type { QueuedTrack, Track } from "./track.ts";

/** A frame that a node sent, as it came. */
export interface FrameReport {
  readonly node: string;
  /** JSON, unless the node is broken. */
  readonly text: string;
}

/** A request to a node, when it is over; retries are reported each. */
export interface RequestReport {
  readonly node: string;
  readonly method: string;
  /** From the slash on, with its query. */
  readonly path: string;
  readonly body: unknown;
  /** Null when no answer came. */
  readonly status: number | null;
  /** The text of the answer, or why there was none. */
  readonly answer: string;
  readonly durationMs: number;
}

/** Why the next track was chosen by the player itself. */
export type NextReason = "ended" | "failed" | "stuck" | "refused" | "tooManyFailures" | "asked";

/** Something that the client decided by itself, and why. */
export type Decision =
  /** Which node a new player or a load goes to. */
  | {
      readonly kind: "node";
      readonly chosen: string;
      readonly region: string | null;
      /** Every node that was ready, with what spoke against it. */
      readonly candidates: readonly {
        readonly node: string;
        readonly region: string | null;
        readonly priority: number;
        readonly penalty: number;
      }[];
    }
  /** What plays after a track, and why that one is left. */
  | {
      readonly kind: "next";
      readonly guildId: GuildId;
      readonly from: QueuedTrack | null;
      readonly to: QueuedTrack | null;
      readonly reason: NextReason;
    }
  /** What autoplay picked, or that it found nothing. */
  | {
      readonly kind: "autoplay";
      readonly guildId: GuildId;
      readonly track: Track | null;
      readonly strategy: string | null;
      readonly reason: string;
    };

/** A command to a player, as it was given. */
export interface CommandReport {
  readonly guildId: GuildId;
  readonly command: PlayerCommand;
}

/** A command with everything that it takes to give it again. */
export type PlayerCommand =
  | { readonly type: "play"; readonly track: Track | null; readonly options: PlayCommandOptions }
  | { readonly type: "pause" | "resume" | "skip" | "previous" | "stop" }
  /** Somebody edited the queue, which is this now. */
  | { readonly type: "queue"; readonly loop: LoopMode; readonly upcoming: readonly QueuedTrack[] }
  | { readonly type: "seek"; readonly positionMs: number }
  | { readonly type: "setVolume"; readonly volumePercent: number };

/** How a recorded `play` began. */
export interface PlayCommandOptions {
  readonly positionMs?: number;
  readonly paused?: boolean;
  readonly volumePercent?: number;
  readonly requesterId?: string;
}

// Nobody pays for what nobody reads: whoever publishes asks `hasSubscribers` before it builds a message.
export const frameChannel = channel("antiphon:lavalink:frame");
export const requestChannel = channel("antiphon:lavalink:request");
export const eventChannel = channel("antiphon:lavalink:event");
export const decisionChannel = channel("antiphon:lavalink:decision");
export const commandChannel = channel("antiphon:lavalink:command");

/** Tells why something was done. */
export function publishDecision(decision: Decision): void {
  decisionChannel.publish(decision);
}

/** Tells which command was given. */
export function publishCommand(report: CommandReport): void {
  commandChannel.publish(report);
}

/** Tells of an event that listeners get as well. */
export function publishEvent(event: LavalinkEvent): void {
  eventChannel.publish(event);
}

/** Tells of a frame as it came. */
export function publishFrame(report: FrameReport): void {
  frameChannel.publish(report);
}

/** Tells of a request that is over. */
export function publishRequest(report: RequestReport): void {
  requestChannel.publish(report);
}

import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import type { TrackEndReason, TrackException } from "@antiphon/protocol/lavalink";
import type { LavalinkError } from "./error.ts";
import type { QueuedTrack } from "./track.ts";

/** Why a player is gone. */
export type PlayerDestroyReason = "left" | "voiceLost" | "closed";

/** What every event of a player has. */
export interface PlayerEvent {
  readonly guildId: GuildId;
}

/** Everything that a {@link Lavalink} client tells. */
export type LavalinkEvent =
  | { readonly type: "nodeReady"; readonly node: string; readonly resumed: boolean }
  | { readonly type: "nodeLost"; readonly node: string; readonly reason: string }
  /** A lost node is not tried any more; see the option `reconnect`. */
  | { readonly type: "nodeGivenUp"; readonly node: string; readonly attempts: number }
  /** A message that only plugins or other servers than Lavalink send; `data` is all of it. */
  | {
      readonly type: "nodeMessage";
      readonly node: string;
      /** Null when it is about no player. */
      readonly guildId: GuildId | null;
      /** The event's type, such as `LyricsFoundEvent`, or the op where it is no event. */
      readonly name: string;
      readonly data: Readonly<Record<string, unknown>>;
    }
  | (PlayerEvent & {
      readonly type: "playerCreate";
      readonly channelId: ChannelId;
      readonly node: string;
      /** Whether it comes from an earlier run of the process. */
      readonly restored: boolean;
    })
  | (PlayerEvent & { readonly type: "playerMoved"; readonly from: string; readonly to: string })
  | (PlayerEvent & { readonly type: "playerDestroy"; readonly reason: PlayerDestroyReason })
  /** A failure that no call could be told about. */
  | (PlayerEvent & { readonly type: "playerError"; readonly error: LavalinkError })
  | (PlayerEvent & {
      readonly type: "playerUpdate";
      readonly positionMs: number;
      readonly connected: boolean;
      /** Milliseconds from the node to the voice server and back; null without a connection. */
      readonly pingMs: number | null;
    })
  /** A playing track sent no position for a while; the node was asked, and the player brought back if it had none. */
  | (PlayerEvent & { readonly type: "playerSilent"; readonly silentMs: number })
  | (PlayerEvent & { readonly type: "trackStart"; readonly track: QueuedTrack })
  | (PlayerEvent & { readonly type: "trackEnd"; readonly track: QueuedTrack; readonly reason: TrackEndReason })
  | (PlayerEvent & { readonly type: "trackException"; readonly track: QueuedTrack; readonly exception: TrackException })
  | (PlayerEvent & { readonly type: "trackStuck"; readonly track: QueuedTrack; readonly thresholdMs: number })
  /** The last track ended, or was skipped, and nothing waits. */
  | (PlayerEvent & { readonly type: "queueEmpty" })
  /** Discord gave the bot a voice server or another channel, or took it away (both null). */
  | (PlayerEvent & {
      readonly type: "voiceUpdate";
      readonly channelId: ChannelId | null;
      readonly endpoint: string | null;
    })
  /** The node's connection to Discord's voice server closed. */
  | (PlayerEvent & {
      readonly type: "voiceClosed";
      readonly code: number;
      readonly reason: string;
      readonly byRemote: boolean;
    });

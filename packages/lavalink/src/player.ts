import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import type { EventMessage, WirePlayer } from "@antiphon/protocol/lavalink";
import type { Node } from "./node.ts";
import type { StartOptions } from "./playback.ts";
import type { ManagedPlayerFilters, PlayerFilters } from "./player-filters.ts";
import type { Queue } from "./queue.ts";
import type { PlayerUpdate } from "./read-update.ts";
import type { StoredPlayer, StoredQueue } from "./stored-player.ts";
import type { QueuedTrack, Track } from "./track.ts";
import type { VoiceCredentials, VoiceLink } from "./voice-link.ts";

/** Options of {@link Player.play}. */
export interface PlayOptions extends StartOptions {
  /** Who asked for the track. */
  readonly requesterId?: string;
}

/** What every command takes. */
export interface CommandOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The player of one guild. Commands run one after another; each resolves when the node has confirmed it. */
export interface Player {
  readonly guildId: GuildId;
  /** The voice channel; follows when the bot is moved. */
  readonly channelId: ChannelId;
  /** The name of the node that plays. */
  readonly node: string;
  readonly queue: Queue;
  /** Equalizer, tempo and the other effects. */
  readonly filters: PlayerFilters;
  /** What plays, or null. */
  readonly current: QueuedTrack | null;
  readonly paused: boolean;
  /** 0 to 1000; 100 leaves the track as it is. */
  readonly volumePercent: number;
  /** Milliseconds into the current track at this moment; 0 without one. */
  readonly positionMs: number;
  /**
   * Plays a track at once, or, without one, goes on: resumes what is paused, or begins the queue. Gives what plays, or null
   * when there is nothing. One request, which also joins the voice channel.
   */
  play(track?: Track, options?: PlayOptions): Promise<QueuedTrack | null>;
  /** Lets the node join the voice channel now, and not only with the first track. */
  connect(options?: CommandOptions): Promise<void>;
  pause(options?: CommandOptions): Promise<void>;
  resume(options?: CommandOptions): Promise<void>;
  /** Plays the next track of the queue and gives it; stops and gives null when there is none. */
  skip(options?: CommandOptions): Promise<QueuedTrack | null>;
  /** Plays the track at an index of `queue.upcoming()` and drops those before it. */
  skipTo(index: number, options?: CommandOptions): Promise<QueuedTrack | null>;
  /** Plays the track before the current one again; null without history. */
  previous(options?: CommandOptions): Promise<QueuedTrack | null>;
  /** Stops the current track; the queue stays. */
  stop(options?: CommandOptions): Promise<void>;
  /** Jumps to a position in milliseconds. */
  seek(positionMs: number, options?: CommandOptions): Promise<void>;
  /** Sets the volume, a whole number from 0 to 1000. */
  setVolume(volumePercent: number, options?: CommandOptions): Promise<void>;
  /** Leaves the voice channel and ends the player; idempotent. */
  leave(): Promise<void>;
}

/** A {@link Player} as its client sees it. */
export interface ManagedPlayer extends Player {
  readonly owner: Node;
  readonly voice: VoiceLink;
  readonly filters: ManagedPlayerFilters;
  handleEvent(message: EventMessage): void;
  handleUpdate(update: PlayerUpdate): void;
  /** Tells the node about new credentials, once it knows the player. */
  voiceChanged(credentials: VoiceCredentials): void;
  /** Keeps commands until `recover` or `reconcile`. */
  hold(): void;
  /** Makes the player anew on a node by one PATCH, and lets commands flow. */
  recover(node: Node): Promise<void>;
  /** No node takes the player as it is: gives its track up, tells why, and lets commands flow. */
  abandon(error: unknown): void;
  /** Everything that a later run of the process needs to go on. */
  capture(): { readonly player: StoredPlayer; queue(): StoredQueue };
  /** Goes on with what an earlier run of the process left; held until `recover` or `reconcile`. */
  adopt(player: StoredPlayer, queue: StoredQueue | undefined): void;
  /** Milliseconds since the node last told of a track that should be heard; undefined while none should. */
  readonly silentMs: number | undefined;
  /** Asks the node what it is about; brings back what it has lost. */
  inspect(): Promise<void>;
  /** The node still has the player: takes over its state, and lets commands flow. */
  reconcile(player: WirePlayer): Promise<void>;
  /** Rejects every command from now on. */
  end(): void;
}

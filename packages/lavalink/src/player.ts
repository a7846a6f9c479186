import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import {
  trackEndReasons,
  type EventMessage,
  type PlayerPatch,
  type PlayerState,
  type TrackEndReason,
  type WirePlayer,
} from "@antiphon/protocol/lavalink";
import type { Clock } from "@antiphon/std";
import { createErrorBudget, type ErrorBudgetOptions } from "./error-budget.ts";
import { hasCode, LavalinkError, toLavalinkError } from "./error.ts";
import type { LavalinkEvent, PlayerDestroyReason } from "./event.ts";
import type { Node } from "./node.ts";
import { createPatchLane } from "./patch-lane.ts";
import { createPositionTracker } from "./position.ts";
import { toQueuedTrack, type PlayerQueue, type Queue, type QueueStep } from "./queue.ts";
import { createTrackLedger, NONCE_KEY, type Playing } from "./track-ledger.ts";
import type { QueuedTrack, Track } from "./track.ts";
import type { VoiceCredentials, VoiceLink } from "./voice-link.ts";

/** Options of {@link Player.play}. */
export interface PlayOptions {
  /** Where to begin, in milliseconds. Defaults to the start. */
  readonly positionMs?: number;
  /** Whether to begin paused. Defaults to false. */
  readonly paused?: boolean;
  /** Volume to begin with, 0 to 1000. Defaults to the player's. */
  readonly volumePercent?: number;
  /** Who asked for the track. */
  readonly requesterId?: string;
  readonly signal?: AbortSignal | undefined;
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

/** What a player is built from. */
export interface PlayerOptions {
  readonly guildId: GuildId;
  readonly node: Node;
  readonly queue: PlayerQueue;
  readonly voice: VoiceLink;
  readonly clock: Clock;
  /** Tells this player's events from those of every other. */
  readonly noncePrefix: string;
  readonly errorBudget: ErrorBudgetOptions;
  readonly commandTimeoutMs: number;
  emit(event: LavalinkEvent): void;
  /** Takes the player out of its client. */
  destroy(reason: PlayerDestroyReason): Promise<void>;
}

/** A {@link Player} as its client sees it. */
export interface ManagedPlayer extends Player {
  readonly owner: Node;
  readonly voice: VoiceLink;
  handleEvent(message: EventMessage): void;
  handleUpdate(state: PlayerState): void;
  /** Tells the node about new credentials, once it knows the player. */
  voiceChanged(credentials: VoiceCredentials): void;
  /** Keeps commands until `recover` or `reconcile`. */
  hold(): void;
  /** Makes the player anew on a node by one PATCH, and lets commands flow. */
  recover(node: Node): Promise<void>;
  /** The node still has the player: takes over its state, and lets commands flow. */
  reconcile(player: WirePlayer): Promise<void>;
  /** Rejects every command from now on. */
  end(): void;
}

const DEFAULT_VOLUME_PERCENT = 100;
const MAXIMUM_VOLUME_PERCENT = 1000;

/** Builds a {@link ManagedPlayer}; sends nothing. */
export function createPlayer(options: PlayerOptions): ManagedPlayer {
  const { guildId, queue, voice, clock, emit } = options;
  const budget = createErrorBudget(options.errorBudget);
  const ledger = createTrackLedger(options.noncePrefix);
  const position = createPositionTracker();
  let node = options.node;
  let known = false;
  let confirmed = { volumePercent: DEFAULT_VOLUME_PERCENT, paused: false };

  const lane = createPatchLane({
    guildId,
    clock,
    waitLimitMs: options.commandTimeoutMs,
    async send(patch, signal) {
      const { sessionId } = node;
      if (sessionId === undefined) {
        throw new LavalinkError("LAVALINK_NODE_LOST", `Player ${guildId}: node "${node.name}" is gone.`, { retryable: true });
      }
      known = true;
      return node.rest.patchPlayer(sessionId, guildId, patch, { signal });
    },
    async shouldResend(error) {
      if (hasCode(error, "LAVALINK_SESSION_NOT_FOUND")) {
        await node.reconnect();
        return true;
      }
      return hasCode(error, "LAVALINK_UNREACHABLE", "LAVALINK_NODE_LOST") && !(await node.verify());
    },
    confirmed(player) {
      confirmed = { volumePercent: player.volume, paused: player.paused };
      syncRunning();
    },
  });

  const volumePercent = () => lane.unconfirmed.volume ?? confirmed.volumePercent;
  const paused = () => lane.unconfirmed.paused ?? confirmed.paused;
  const syncRunning = () => position.setRunning(ledger.current?.started === true && !paused(), clock.monotonicMs());
  const positionMs = () => {
    if (queue.current === null) return 0;
    const { isStream, length } = queue.current.info;
    const atMs = position.at(clock.monotonicMs());
    return Math.round(isStream || length <= 0 ? atMs : Math.min(atMs, length));
  };
  const report = (error: unknown) => {
    if (hasCode(error, "LAVALINK_PLAYER_DESTROYED", "LAVALINK_CLOSED")) return;
    emit({ type: "playerError", guildId, error: toLavalinkError(error, `Player ${guildId}`) });
  };

  const trackPatch = (playing: Playing): NonNullable<PlayerPatch["track"]> => ({
    encoded: playing.track.encoded,
    userData: { ...playing.track.userData, [NONCE_KEY]: playing.nonce },
  });
  const voicePatch = (): Pick<PlayerPatch, "voice"> => {
    const { credentials } = voice;
    return credentials === undefined ? {} : { voice: credentials };
  };

  /** Starts what a step made current; takes the step back when the node refuses. */
  const start = async (step: QueueStep, play: PlayOptions, keepOnFailure = false): Promise<void> => {
    if (step.track === null) return;
    const before = { playing: ledger.current, positionMs: positionMs() };
    const playing = ledger.open(step.track);
    const fromMs = play.positionMs ?? 0;
    position.set(fromMs, clock.monotonicMs());
    syncRunning();
    const patch: PlayerPatch = {
      ...voicePatch(),
      track: trackPatch(playing),
      paused: play.paused ?? false,
      volume: play.volumePercent ?? volumePercent(),
      ...(fromMs > 0 ? { position: fromMs } : {}),
    };
    try {
      await lane.submit(patch, play.signal);
    } catch (error) {
      if (!keepOnFailure && ledger.current === playing) {
        step.undo();
        ledger.reopen(before.playing);
        position.set(before.positionMs, clock.monotonicMs());
        syncRunning();
      }
      throw error;
    }
  };
  const stopTrack = async (step: QueueStep, command: CommandOptions): Promise<void> => {
    const before = ledger.current;
    try {
      await lane.submit({ track: { encoded: null } }, command.signal);
    } catch (error) {
      if (ledger.current === before) step.undo();
      throw error;
    }
  };
  const skip = async (step: QueueStep, command: CommandOptions): Promise<QueuedTrack | null> => {
    budget.reset();
    if (step.track !== null) {
      await start(step, command);
    } else if (ledger.current !== undefined) {
      await stopTrack(step, command);
      emit({ type: "queueEmpty", guildId });
    }
    return step.track;
  };

  /** Goes on by itself after a track is over or failed. */
  const playNext = async (playing: Playing): Promise<void> => {
    const stillLoaded = ledger.current === playing;
    if (playing.failed && !budget.spend(clock.monotonicMs())) {
      const step = queue.finish();
      if (stillLoaded) await stopTrack(step, {});
      const message = `Player ${guildId} stopped: too many tracks failed in a row. Call play() to go on with the ${queue.length} that wait.`;
      throw new LavalinkError("LAVALINK_TOO_MANY_FAILURES", message, { details: { waiting: queue.length } });
    }
    const step = queue.advance(playing.failed ? "skip" : "ended");
    if (step.track === null) {
      if (stillLoaded) await stopTrack(step, {});
      emit({ type: "queueEmpty", guildId });
      return;
    }
    try {
      await start(step, {}, true);
    } catch (error) {
      report(error);
      const refused = ledger.current;
      // Without a node every track would fail; this one stays, and plays when a node is back.
      if (refused === undefined || !hasCode(error, "LAVALINK_BAD_REQUEST", "LAVALINK_SERVER_ERROR")) return;
      ledger.end(refused);
      await playNext({ ...refused, failed: true });
    }
  };
  const trackEnded = (playing: Playing, reason: TrackEndReason) => {
    const wasCurrent = ledger.current === playing;
    // A PATCH that had to be sent twice replaces the track by itself; it goes on playing.
    if (wasCurrent && reason === "replaced") return;
    ledger.end(playing);
    if (reason === "loadFailed") playing.failed = true;
    emit({ type: "trackEnd", guildId, track: playing.track, reason });
    if (!wasCurrent) return;
    syncRunning();
    if (trackEndReasons[reason].mayStartNext) playNext(playing).catch(report);
    else if (queue.current === playing.track) queue.finish();
  };

  const validate = (condition: boolean, message: string) => {
    if (!condition) throw new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
  };
  const checkVolume = (percent: number) =>
    validate(
      Number.isInteger(percent) && percent >= 0 && percent <= MAXIMUM_VOLUME_PERCENT,
      `setVolume: ${percent} is not a whole number from 0 to ${MAXIMUM_VOLUME_PERCENT}.`,
    );
  const checkPosition = (atMs: number) =>
    validate(Number.isFinite(atMs) && atMs >= 0, `seek: ${atMs} is not a position in milliseconds.`);
  const setPaused = async (next: boolean, { signal }: CommandOptions) => {
    const done = lane.submit({ paused: next }, signal);
    syncRunning();
    await done.finally(syncRunning);
  };

  const player: ManagedPlayer = {
    guildId,
    queue,
    voice,
    get channelId() {
      return voice.channelId as ChannelId;
    },
    get node() {
      return node.name;
    },
    get owner() {
      return node;
    },
    get current() {
      return queue.current;
    },
    get paused() {
      return paused();
    },
    get volumePercent() {
      return volumePercent();
    },
    get positionMs() {
      return positionMs();
    },
    async play(track, play = {}) {
      if (play.volumePercent !== undefined) checkVolume(play.volumePercent);
      if (play.positionMs !== undefined) checkPosition(play.positionMs);
      budget.reset();
      if (track === undefined && ledger.current !== undefined) {
        if (paused()) await setPaused(false, play);
        return queue.current;
      }
      const step = track === undefined ? queue.advance("skip") : queue.begin(toQueuedTrack(track, play.requesterId));
      await start(step, play);
      return step.track;
    },
    pause: (command = {}) => setPaused(true, command),
    resume: (command = {}) => setPaused(false, command),
    skip: (command = {}) => skip(queue.advance("skip"), command),
    async skipTo(index, command = {}) {
      queue.dropUntil(index);
      return skip(queue.advance("skip"), command);
    },
    async previous(command = {}) {
      const step = queue.back();
      return step === undefined ? null : skip(step, command);
    },
    async stop(command = {}) {
      if (queue.current === null) return;
      await stopTrack(queue.finish(), command);
    },
    async seek(atMs, { signal } = {}) {
      checkPosition(atMs);
      validate(queue.current?.info.isSeekable === true, `seek: player ${guildId} plays nothing in which one can seek.`);
      const beforeMs = positionMs();
      position.set(atMs, clock.monotonicMs());
      try {
        await lane.submit({ position: Math.round(atMs) }, signal);
      } catch (error) {
        if (lane.unconfirmed.position === undefined) position.set(beforeMs, clock.monotonicMs());
        throw error;
      }
    },
    async setVolume(percent, { signal } = {}) {
      checkVolume(percent);
      await lane.submit({ volume: percent }, signal);
    },
    leave: () => options.destroy("left"),

    handleEvent(message) {
      if (message.type === "WebSocketClosedEvent") {
        const { code, reason, byRemote } = message;
        emit({ type: "voiceClosed", guildId, code, reason, byRemote });
        voice.handleClosed(code);
        return;
      }
      const playing = ledger.find(message.track);
      if (playing === undefined) return;
      const { track } = playing;
      switch (message.type) {
        case "TrackStartEvent":
          // A track that was made anew on another node has started already.
          if (playing.started) break;
          playing.started = true;
          if (ledger.current === playing) syncRunning();
          emit({ type: "trackStart", guildId, track });
          break;
        case "TrackEndEvent":
          trackEnded(playing, message.reason);
          break;
        case "TrackExceptionEvent":
          playing.failed = true;
          emit({ type: "trackException", guildId, track, exception: message.exception });
          break;
        case "TrackStuckEvent":
          playing.failed = true;
          emit({ type: "trackStuck", guildId, track, thresholdMs: message.thresholdMs });
          if (ledger.current === playing) playNext(playing).catch(report);
          break;
      }
    },
    handleUpdate(state) {
      const { track, position: asked } = lane.unconfirmed;
      // What the node says was true before it hears of a jump that is on its way.
      if (track === undefined && asked === undefined) position.set(state.position, clock.monotonicMs());
      const pingMs = state.ping < 0 ? null : state.ping;
      emit({ type: "playerUpdate", guildId, positionMs: positionMs(), connected: state.connected, pingMs });
    },
    voiceChanged(credentials) {
      if (known) lane.submit({ voice: credentials }).catch(report);
    },
    hold: () => lane.hold(),
    async recover(target) {
      const from = node;
      node = target;
      const playing = ledger.current;
      const patch: PlayerPatch = {
        ...voicePatch(),
        ...(playing === undefined ? {} : { track: trackPatch(playing) }),
        ...(playing === undefined || playing.track.info.isStream ? {} : { position: positionMs() }),
        volume: volumePercent(),
        paused: paused(),
      };
      // An idle player that no node knows yet needs no node now.
      const done = known ? lane.submit(patch) : Promise.resolve();
      lane.release();
      await done;
      if (from !== target) emit({ type: "playerMoved", guildId, from: from.name, to: target.name });
    },
    async reconcile(wire) {
      const playing = ledger.current;
      const same = wire.track != null && ledger.find(wire.track) === playing;
      const starting = lane.unconfirmed.track !== undefined;
      if (playing !== undefined && !same && !starting) {
        await player.recover(node);
        return;
      }
      confirmed = { volumePercent: wire.volume, paused: wire.paused };
      if (same && !starting) position.set(wire.state.position, clock.monotonicMs());
      syncRunning();
      lane.release();
    },
    end() {
      const message = `Player ${guildId} is gone. Call join() for a new one.`;
      lane.close(new LavalinkError("LAVALINK_PLAYER_DESTROYED", message));
    },
  };
  return player;
}

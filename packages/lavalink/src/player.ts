import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import type { EventMessage, PlayerPatch, PlayerState, WirePlayer } from "@antiphon/protocol/lavalink";
import type { Clock } from "@antiphon/std";
import type { ErrorBudgetOptions } from "./error-budget.ts";
import { speedRatioOf } from "./compose-filters.ts";
import { hasCode, LavalinkError } from "./error.ts";
import type { LavalinkEvent, PlayerDestroyReason } from "./event.ts";
import type { Node } from "./node.ts";
import { createPatchLane } from "./patch-lane.ts";
import { createPlayback, type StartOptions } from "./playback.ts";
import { createPlayerFilters, type ManagedPlayerFilters, type PlayerFilters } from "./player-filters.ts";
import type { StoredChange } from "./persistence.ts";
import { toQueuedTrack, type PlayerQueue, type Queue } from "./queue.ts";
import type { StoredPlayer, StoredQueue } from "./stored-player.ts";
import { NONCE_KEY } from "./track-ledger.ts";
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
  /** Told when something changed that a later run of the process must know. */
  changed(change: StoredChange): void;
  /** Takes the player out of its client. */
  destroy(reason: PlayerDestroyReason): Promise<void>;
}

/** A {@link Player} as its client sees it. */
export interface ManagedPlayer extends Player {
  readonly owner: Node;
  readonly voice: VoiceLink;
  readonly filters: ManagedPlayerFilters;
  handleEvent(message: EventMessage): void;
  handleUpdate(state: PlayerState): void;
  /** Tells the node about new credentials, once it knows the player. */
  voiceChanged(credentials: VoiceCredentials): void;
  /** Keeps commands until `recover` or `reconcile`. */
  hold(): void;
  /** Makes the player anew on a node by one PATCH, and lets commands flow. */
  recover(node: Node): Promise<void>;
  /** No node takes the player as it is: gives its track up, tells why, and lets commands flow. */
  abandon(error: unknown): void;
  /** Everything that a later run of the process needs to go on. */
  capture(): { readonly player: StoredPlayer; readonly queue: StoredQueue };
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

const DEFAULT_VOLUME_PERCENT = 100;
const MAXIMUM_VOLUME_PERCENT = 1000;

/** Builds a {@link ManagedPlayer}; sends nothing. */
export function createPlayer(options: PlayerOptions): ManagedPlayer {
  const { guildId, queue, voice, emit } = options;
  let node = options.node;
  // Whether a node has been told of this player: before that nothing needs to be made anew.
  let known = false;
  /** When the node last said something of this player, by the monotonic clock. */
  let heardMs = 0;
  let lastReportMs = -1;
  let confirmed = { volumePercent: DEFAULT_VOLUME_PERCENT, paused: false };

  const lane = createPatchLane({
    guildId,
    clock: options.clock,
    waitLimitMs: options.commandTimeoutMs,
    async send(patch, signal) {
      const { sessionId } = node;
      if (sessionId === undefined) {
        throw new LavalinkError("LAVALINK_NODE_LOST", `Player ${guildId}: node "${node.name}" is gone.`, {
          retryable: true,
        });
      }
      known = true;
      const { rest } = node;
      try {
        return await rest.patchPlayer(sessionId, guildId, patch, { signal });
      } catch (error) {
        const inDoubt = hasCode(error, "LAVALINK_SERVER_ERROR", "LAVALINK_TIMEOUT", "LAVALINK_BAD_RESPONSE");
        if (!inDoubt || patch.track?.userData === undefined) throw error;
        // The node may have begun the track before its answer failed; taking it back then would lose its events.
        const wire = await rest.player(sessionId, guildId, { signal }).catch(() => undefined);
        const plays = wire?.track?.userData[NONCE_KEY] === patch.track.userData[NONCE_KEY];
        if (wire === undefined || !plays) throw error;
        return wire;
      }
    },
    async shouldResend(error) {
      if (hasCode(error, "LAVALINK_SESSION_NOT_FOUND")) {
        await node.reconnect();
        return true;
      }
      return hasCode(error, "LAVALINK_UNREACHABLE", "LAVALINK_NODE_LOST") && !(await node.verify());
    },
    confirmed(wire) {
      heardMs = options.clock.monotonicMs();
      options.changed("player");
      confirmed = { volumePercent: wire.volume, paused: wire.paused };
      playback.syncRunning();
    },
  });
  const volumePercent = () => lane.unconfirmed.volume ?? confirmed.volumePercent;
  const paused = () => lane.unconfirmed.paused ?? confirmed.paused;
  const voicePatch = (): Pick<PlayerPatch, "voice"> => {
    const { credentials } = voice;
    return credentials === undefined ? {} : { voice: credentials };
  };
  const playback = createPlayback({
    guildId,
    queue,
    clock: options.clock,
    noncePrefix: options.noncePrefix,
    errorBudget: options.errorBudget,
    emit,
    submit: lane.submit,
    voicePatch,
    volumePercent,
    paused,
  });

  const filters = createPlayerFilters(
    (composed, signal) => lane.submit({ filters: composed }, signal),
    () => {
      playback.setSpeed(speedRatioOf(filters.composed));
      options.changed("player");
    },
  );

  const setPaused = async (next: boolean, { signal }: CommandOptions) => {
    const done = lane.submit({ paused: next }, signal);
    playback.syncRunning();
    await done.finally(playback.syncRunning);
  };
  /** The whole player as one patch, for a node that knows nothing of it. */
  const snapshot = (): PlayerPatch => {
    const { current } = playback;
    return {
      ...voicePatch(),
      ...(current === undefined ? {} : { track: playback.trackPatch(current) }),
      ...(current === undefined || current.track.info.isStream ? {} : { position: playback.positionMs }),
      volume: volumePercent(),
      paused: paused(),
      ...(filters.layers.size === 0 ? {} : { filters: filters.composed }),
    };
  };
  const recover = async (target: Node) => {
    const from = node;
    node = target;
    const done = known ? lane.submit(snapshot()) : Promise.resolve();
    lane.release();
    await done;
    if (from !== target) emit({ type: "playerMoved", guildId, from: from.name, to: target.name });
  };

  return {
    guildId,
    queue,
    filters,
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
      return playback.positionMs;
    },
    async play(track, play = {}) {
      if (play.volumePercent !== undefined) checkVolume(play.volumePercent);
      if (play.positionMs !== undefined) checkPosition(play.positionMs);
      if (track === undefined && playback.current !== undefined) {
        if (paused()) await setPaused(false, play);
        return queue.current;
      }
      const step = track === undefined ? queue.advance("skip") : queue.begin(toQueuedTrack(track, play.requesterId));
      await playback.start(step, play);
      return step.track;
    },
    pause: (command = {}) => setPaused(true, command),
    resume: (command = {}) => setPaused(false, command),
    skip: (command = {}) => playback.follow(queue.advance("skip"), command),
    async skipTo(index, command = {}) {
      queue.skipTo(index);
      return playback.follow(queue.advance("skip"), command);
    },
    async previous(command = {}) {
      const step = queue.back();
      return step === undefined ? null : playback.follow(step, command);
    },
    async stop({ signal } = {}) {
      if (queue.current !== null) await playback.stop(queue.finish(), signal);
    },
    async seek(atMs, { signal } = {}) {
      checkPosition(atMs);
      check(queue.current?.info.isSeekable === true, `seek: player ${guildId} plays nothing in which one can seek.`);
      const beforeMs = playback.positionMs;
      playback.setPosition(atMs);
      try {
        await lane.submit({ position: Math.round(atMs) }, signal);
      } catch (error) {
        if (lane.unconfirmed.position === undefined) playback.setPosition(beforeMs);
        throw error;
      }
    },
    async setVolume(percent, { signal } = {}) {
      checkVolume(percent);
      await lane.submit({ volume: percent }, signal);
    },
    leave: () => options.destroy("left"),

    handleEvent(message) {
      heardMs = options.clock.monotonicMs();
      options.changed("player");
      if (message.type !== "WebSocketClosedEvent") {
        playback.handleEvent(message);
        return;
      }
      const { code, reason, byRemote } = message;
      emit({ type: "voiceClosed", guildId, code, reason, byRemote });
      voice.handleClosed(code);
    },
    handleUpdate(state) {
      heardMs = options.clock.monotonicMs();
      options.changed("position");
      const { track, position } = lane.unconfirmed;
      // What the node says was true before it hears of a jump that is on its way.
      if (track === undefined && position === undefined) playback.reportPosition(state.position);
      const pingMs = state.ping < 0 ? null : state.ping;
      emit({ type: "playerUpdate", guildId, positionMs: playback.positionMs, connected: state.connected, pingMs });
    },
    voiceChanged(credentials) {
      options.changed("player");
      if (known) lane.submit({ voice: credentials }).catch(playback.report);
    },
    hold: lane.hold,
    recover,
    abandon(error) {
      playback.abandon();
      lane.release();
      playback.report(error);
    },
    async reconcile(wire) {
      const same = wire.track !== null && wire.track !== undefined && playback.isCurrent(wire.track);
      const starting = lane.unconfirmed.track !== undefined;
      if (playback.current !== undefined && !same && !starting) {
        await recover(node);
        return;
      }
      confirmed = { volumePercent: wire.volume, paused: wire.paused };
      if (same && !starting) playback.reportPosition(wire.state.position);
      playback.syncRunning();
      lane.release();
    },
    capture() {
      const { current, positionMs } = playback;
      const { nonce = "", started = false, track } = current ?? {};
      const player: StoredPlayer = {
        guildId,
        channelId: voice.channelId ?? "",
        selfDeaf: voice.selfDeaf,
        node: node.name,
        voice: voice.credentials ?? null,
        volumePercent: volumePercent(),
        paused: paused(),
        filters: [...filters.layers],
        playing: track === undefined ? null : { nonce, started, track },
        positionMs,
      };
      return { player, queue: { loop: queue.loop, upcoming: queue.upcoming(), history: queue.history() } };
    },
    adopt(player, { loop, upcoming, history } = { loop: "off", upcoming: [], history: [] }) {
      known = true;
      confirmed = { volumePercent: player.volumePercent, paused: player.paused };
      queue.restore({ loop, current: player.playing?.track ?? null, upcoming, history });
      filters.adopt(player.filters);
      voice.adopt(player.channelId as ChannelId, player.selfDeaf, player.voice);
      if (player.playing !== null) playback.adopt({ ...player.playing, failed: false }, player.positionMs);
      lane.hold();
    },
    get silentMs() {
      const audible = playback.current?.started === true && !paused() && !lane.held;
      return audible ? options.clock.monotonicMs() - heardMs : undefined;
    },
    async inspect() {
      heardMs = options.clock.monotonicMs();
      const { sessionId } = node;
      const { current } = playback;
      if (sessionId === undefined) return;
      const wire = await node.rest.player(sessionId, guildId).catch((error: unknown) => {
        if (hasCode(error, "LAVALINK_PLAYER_NOT_FOUND")) return undefined;
        throw error;
      });
      // A command or an event may have come meanwhile; then all is well.
      if (current === undefined || playback.current !== current || lane.unconfirmed.track !== undefined || lane.held)
        return;
      if (wire !== undefined && (wire.track === null || wire.track === undefined)) {
        playback.missedEnd();
        return;
      }
      const moves = wire !== undefined && wire.state.position !== lastReportMs;
      lastReportMs = wire?.state.position ?? -1;
      if (moves) playback.reportPosition(wire.state.position);
      else await recover(node);
    },
    end() {
      const message = `Player ${guildId} is gone. Call join() for a new one.`;
      lane.close(new LavalinkError("LAVALINK_PLAYER_DESTROYED", message));
    },
  };
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}

function checkVolume(percent: number): void {
  const valid = Number.isInteger(percent) && percent >= 0 && percent <= MAXIMUM_VOLUME_PERCENT;
  check(valid, `volume: ${percent} is not a whole number from 0 to ${MAXIMUM_VOLUME_PERCENT}.`);
}

function checkPosition(atMs: number): void {
  check(Number.isFinite(atMs) && atMs >= 0, `position: ${atMs} is not a position in milliseconds.`);
}

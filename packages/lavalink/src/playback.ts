import type { GuildId } from "@antiphon/protocol/discord";
import { trackEndReasons, type EventMessage, type PlayerPatch, type TrackEndReason } from "@antiphon/protocol/lavalink";
import type { Clock } from "@antiphon/std";
import { createErrorBudget, type ErrorBudgetOptions } from "./error-budget.ts";
import { hasCode, LavalinkError, toLavalinkError } from "./error.ts";
import type { LavalinkEvent } from "./event.ts";
import { createPositionTracker } from "./position.ts";
import type { PlayerQueue, QueueStep } from "./queue.ts";
import { createTrackLedger, NONCE_KEY, type Playing } from "./track-ledger.ts";
import type { QueuedTrack } from "./track.ts";

/** How a track begins. */
export interface StartOptions {
  /** Where to begin, in milliseconds. Defaults to the start. */
  readonly positionMs?: number;
  /** Whether to begin paused. Defaults to false. */
  readonly paused?: boolean;
  /** Volume to begin with, 0 to 1000. Defaults to the player's. */
  readonly volumePercent?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a {@link Playback} is built from. */
export interface PlaybackOptions {
  readonly guildId: GuildId;
  readonly queue: PlayerQueue;
  readonly clock: Clock;
  readonly noncePrefix: string;
  readonly errorBudget: ErrorBudgetOptions;
  emit(event: LavalinkEvent): void;
  submit(patch: PlayerPatch, signal?: AbortSignal): Promise<void>;
  /** What goes with every track: the voice credentials. */
  voicePatch(): Pick<PlayerPatch, "voice">;
  volumePercent(): number;
  paused(): boolean;
}

/** The tracks of one player in time: starts them, follows their events, goes on to the next. */
export interface Playback {
  /** What plays now, by our own account. */
  readonly current: Playing | undefined;
  readonly positionMs: number;
  setPosition(positionMs: number): void;
  /** The node's own count; see {@link PositionTracker.report}. */
  reportPosition(nodePositionMs: number): void;
  /** How fast tracks run under the filters. */
  setSpeed(speedRatio: number): void;
  /** Lets the position run or stand, as pause and start have it now. */
  syncRunning(): void;
  /** Starts what a step made current; takes the step back when the node refuses. */
  start(step: QueueStep, options: StartOptions): Promise<void>;
  /** Starts what a step made current, or stops when that is nothing. */
  follow(step: QueueStep, options: { readonly signal?: AbortSignal | undefined }): Promise<QueuedTrack | null>;
  stop(step: QueueStep, signal?: AbortSignal): Promise<void>;
  handleEvent(message: Exclude<EventMessage, { type: "WebSocketClosedEvent" }>): void;
  /** Whether an event's or a player's track is what plays now. */
  isCurrent(track: EventTrack): boolean;
  trackPatch(playing: Playing): NonNullable<PlayerPatch["track"]>;
  /** Takes over what plays since an earlier run of the process. */
  adopt(playing: Playing, positionMs: number): void;
  /** The node has nothing left of what plays, and its word of that never came. */
  missedEnd(): void;
  /** What plays is over without a word from the node. */
  abandon(): void;
  /** Tells of a failure that no caller waits for. */
  report(error: unknown): void;
}

type EventTrack = Extract<EventMessage, { type: "TrackStartEvent" }>["track"];

/** Builds a {@link Playback}. */
export function createPlayback(options: PlaybackOptions): Playback {
  const { guildId, queue, clock, emit, submit } = options;
  const budget = createErrorBudget(options.errorBudget);
  const ledger = createTrackLedger(options.noncePrefix);
  const position = createPositionTracker();

  const setPosition = (atMs: number) => position.set(atMs, clock.monotonicMs());
  const syncRunning = () =>
    position.setRunning(ledger.current?.started === true && !options.paused(), clock.monotonicMs());
  const positionMs = () => {
    if (queue.current === null) return 0;
    const { isStream, length } = queue.current.info;
    const atMs = position.at(clock.monotonicMs());
    return Math.round(isStream || length <= 0 ? atMs : Math.min(atMs, length));
  };
  const trackPatch = (playing: Playing) => ({
    encoded: playing.track.encoded,
    userData: { ...playing.track.userData, [NONCE_KEY]: playing.nonce },
  });
  const report = (error: unknown) => {
    if (hasCode(error, "LAVALINK_PLAYER_DESTROYED", "LAVALINK_CLOSED")) return;
    emit({ type: "playerError", guildId, error: toLavalinkError(error, `Player ${guildId}`) });
  };

  const open = async (track: QueuedTrack, start: StartOptions): Promise<void> => {
    const playing = ledger.open(track);
    const fromMs = start.positionMs ?? 0;
    setPosition(fromMs);
    syncRunning();
    const patch: PlayerPatch = {
      ...options.voicePatch(),
      track: trackPatch(playing),
      paused: start.paused ?? false,
      volume: start.volumePercent ?? options.volumePercent(),
      ...(fromMs > 0 ? { position: fromMs } : {}),
    };
    await submit(patch, start.signal);
  };
  const start = async (step: QueueStep, startOptions: StartOptions): Promise<void> => {
    if (step.track === null) return;
    budget.reset();
    const before = { playing: ledger.current, positionMs: positionMs() };
    const opened = open(step.track, startOptions);
    const playing = ledger.current;
    try {
      await opened;
    } catch (error) {
      if (ledger.current === playing) {
        step.undo();
        ledger.reopen(before.playing);
        setPosition(before.positionMs);
        syncRunning();
      }
      throw error;
    }
  };
  const stop = async (step: QueueStep, signal?: AbortSignal): Promise<void> => {
    const before = ledger.current;
    try {
      await submit({ track: { encoded: null } }, signal);
    } catch (error) {
      if (ledger.current === before) step.undo();
      throw error;
    }
  };

  /** Goes on by itself after a track is over or failed. */
  const playNext = async (playing: Playing): Promise<void> => {
    const stillLoaded = ledger.current === playing;
    const exhausted = playing.failed && !budget.spend(clock.monotonicMs());
    const step = exhausted ? queue.finish() : queue.advance(playing.failed ? "skip" : "ended");
    if (step.track === null) {
      if (stillLoaded) await stop(step);
      if (exhausted) throw tooManyFailures(guildId, queue.length);
      emit({ type: "queueEmpty", guildId });
      return;
    }
    try {
      await open(step.track, {});
    } catch (error) {
      report(error);
      const refused = ledger.current;
      // Without a node every track would fail; this one stays, and plays when a node is back.
      if (refused === undefined || !hasCode(error, "LAVALINK_BAD_REQUEST", "LAVALINK_SERVER_ERROR")) return;
      ledger.end(refused);
      await playNext({ ...refused, failed: true });
    }
  };
  const ended = (playing: Playing, reason: TrackEndReason) => {
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
  const started = (playing: Playing) => {
    // A track that was made anew on another node has started already.
    if (playing.started) return;
    playing.started = true;
    if (ledger.current === playing) syncRunning();
    emit({ type: "trackStart", guildId, track: playing.track });
  };

  return {
    get current() {
      return ledger.current;
    },
    get positionMs() {
      return positionMs();
    },
    setPosition,
    reportPosition: (nodePositionMs) => position.report(nodePositionMs, clock.monotonicMs()),
    setSpeed: (speedRatio) => position.setSpeed(speedRatio, clock.monotonicMs()),
    syncRunning,
    start,
    async follow(step, { signal }) {
      if (step.track !== null) {
        await start(step, { signal });
      } else if (ledger.current !== undefined) {
        await stop(step, signal);
        emit({ type: "queueEmpty", guildId });
      }
      return step.track;
    },
    stop,
    handleEvent(message) {
      const playing = ledger.find(message.track);
      if (playing === undefined) return;
      const { track } = playing;
      switch (message.type) {
        case "TrackStartEvent":
          started(playing);
          break;
        case "TrackEndEvent":
          ended(playing, message.reason);
          break;
        case "TrackExceptionEvent":
          playing.failed = true;
          emit({ type: "trackException", guildId, track, exception: message.exception });
          break;
        case "TrackStuckEvent":
          playing.failed = true;
          emit({ type: "trackStuck", guildId, track, thresholdMs: message.thresholdMs });
          // No end follows: a track that hangs stays until something replaces it.
          if (ledger.current === playing) playNext(playing).catch(report);
          break;
      }
    },
    isCurrent: (track) => ledger.current !== undefined && ledger.find(track) === ledger.current,
    trackPatch,
    adopt(playing, atMs) {
      ledger.adopt(playing);
      setPosition(atMs);
    },
    missedEnd() {
      if (ledger.current !== undefined) ended(ledger.current, "finished");
    },
    abandon() {
      const playing = ledger.current;
      if (playing === undefined) return;
      queue.finish();
      ended(playing, "cleanup");
    },
    report,
  };
}

function tooManyFailures(guildId: GuildId, waiting: number): LavalinkError {
  const message = `Player ${guildId} stopped: too many tracks failed in a row. Call play() to go on with the ${waiting} that wait.`;
  return new LavalinkError("LAVALINK_TOO_MANY_FAILURES", message, { details: { waiting } });
}

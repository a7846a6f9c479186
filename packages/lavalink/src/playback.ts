import type { GuildId } from "@antiphon/protocol/discord";
import { trackEndReasons, type EventMessage, type PlayerPatch, type TrackEndReason } from "@antiphon/protocol/lavalink";
import type { Clock } from "@antiphon/std";
import { decisionChannel, publishDecision, type NextReason } from "./diagnostics.ts";
import { createErrorBudget, type ErrorBudget, type ErrorBudgetOptions } from "./error-budget.ts";
import { hasCode, LavalinkError, toLavalinkError } from "./error.ts";
import type { LavalinkEvent } from "./event.ts";
import { createPositionTracker } from "./position.ts";
import type { PlayerQueue, QueueStep } from "./queue.ts";
import { createTrackLedger, NONCE_KEY, type Playing, type TrackLedger } from "./track-ledger.ts";
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
  /** The position at a moment of the monotonic clock. */
  positionAt(nowMs: number): number;
  setPosition(positionMs: number): void;
  /** The node's own count; see {@link PositionTracker.report}. */
  reportPosition(nodePositionMs: number, nowMs: number): void;
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

class QueuePlayback implements Playback {
  readonly #options: PlaybackOptions;
  readonly #ledger: TrackLedger;
  readonly #position = createPositionTracker();
  // Most players never have a failed track.
  #budget: ErrorBudget | undefined;

  constructor(options: PlaybackOptions) {
    this.#options = options;
    this.#ledger = createTrackLedger(options.noncePrefix);
  }
  get current(): Playing | undefined {
    return this.#ledger.current;
  }
  get positionMs(): number {
    return this.positionAt(this.#options.clock.monotonicMs());
  }
  positionAt(nowMs: number): number {
    const { current } = this.#options.queue;
    if (current === null) return 0;
    const { isStream, length } = current.info;
    const atMs = this.#position.at(nowMs);
    return Math.round(isStream || length <= 0 ? atMs : Math.min(atMs, length));
  }
  setPosition(atMs: number): void {
    this.#position.set(atMs, this.#options.clock.monotonicMs());
  }
  reportPosition(nodePositionMs: number, nowMs: number): void {
    this.#position.report(nodePositionMs, nowMs);
  }
  setSpeed(speedRatio: number): void {
    this.#position.setSpeed(speedRatio, this.#options.clock.monotonicMs());
  }
  syncRunning(): void {
    const running = this.#ledger.current?.started === true && !this.#options.paused();
    this.#position.setRunning(running, this.#options.clock.monotonicMs());
  }
  async start(step: QueueStep, startOptions: StartOptions): Promise<void> {
    if (step.track === null) return;
    this.#budget?.reset();
    const before = { playing: this.#ledger.current, positionMs: this.positionMs };
    const opened = this.#open(step.track, startOptions);
    const playing = this.#ledger.current;
    try {
      await opened;
    } catch (error) {
      if (this.#ledger.current === playing) {
        step.undo();
        this.#ledger.reopen(before.playing);
        this.setPosition(before.positionMs);
        this.syncRunning();
      }
      throw error;
    }
  }
  async follow(
    step: QueueStep,
    { signal }: { readonly signal?: AbortSignal | undefined },
  ): Promise<QueuedTrack | null> {
    if (step.track !== null) {
      await this.start(step, { signal });
    } else if (this.#ledger.current !== undefined) {
      await this.stop(step, signal);
      this.#options.emit({ type: "queueEmpty", guildId: this.#options.guildId });
    }
    return step.track;
  }
  async stop(step: QueueStep, signal?: AbortSignal): Promise<void> {
    const before = this.#ledger.current;
    try {
      await this.#options.submit({ track: { encoded: null } }, signal);
    } catch (error) {
      if (this.#ledger.current === before) step.undo();
      throw error;
    }
  }
  handleEvent(message: Exclude<EventMessage, { type: "WebSocketClosedEvent" }>): void {
    const playing = this.#ledger.find(message.track);
    if (playing === undefined) return;
    const { emit, guildId } = this.#options;
    const { track } = playing;
    switch (message.type) {
      case "TrackStartEvent":
        this.#started(playing);
        break;
      case "TrackEndEvent":
        this.#ended(playing, message.reason);
        break;
      case "TrackExceptionEvent":
        playing.failed = true;
        emit({ type: "trackException", guildId, track, exception: message.exception });
        break;
      case "TrackStuckEvent":
        playing.failed = true;
        emit({ type: "trackStuck", guildId, track, thresholdMs: message.thresholdMs });
        // No end follows: a track that hangs stays until something replaces it.
        if (this.#ledger.current === playing) this.#goOn(playing, "stuck");
        break;
    }
  }
  isCurrent(track: EventTrack): boolean {
    return this.#ledger.current !== undefined && this.#ledger.find(track) === this.#ledger.current;
  }
  trackPatch(playing: Playing): NonNullable<PlayerPatch["track"]> {
    return {
      encoded: playing.track.encoded,
      userData: { ...playing.track.userData, [NONCE_KEY]: playing.nonce },
    };
  }
  adopt(playing: Playing, atMs: number): void {
    this.#ledger.adopt(playing);
    this.setPosition(atMs);
  }
  missedEnd(): void {
    if (this.#ledger.current !== undefined) this.#ended(this.#ledger.current, "finished");
  }
  abandon(): void {
    const playing = this.#ledger.current;
    if (playing === undefined) return;
    this.#options.queue.finish();
    this.#ended(playing, "cleanup");
  }
  report(error: unknown): void {
    if (hasCode(error, "LAVALINK_PLAYER_DESTROYED", "LAVALINK_CLOSED")) return;
    const { emit, guildId } = this.#options;
    emit({ type: "playerError", guildId, error: toLavalinkError(error, `Player ${guildId}`) });
  }

  async #open(track: QueuedTrack, start: StartOptions): Promise<void> {
    const playing = this.#ledger.open(track);
    const fromMs = start.positionMs ?? 0;
    this.setPosition(fromMs);
    this.syncRunning();
    const patch: PlayerPatch = {
      ...this.#options.voicePatch(),
      track: this.trackPatch(playing),
      paused: start.paused ?? false,
      volume: start.volumePercent ?? this.#options.volumePercent(),
      ...(fromMs > 0 ? { position: fromMs } : {}),
    };
    await this.#options.submit(patch, start.signal);
  }
  #goOn(playing: Playing, why: NextReason): void {
    this.#playNext(playing, why).catch((error: unknown) => this.report(error));
  }
  /** Goes on by itself after a track is over or failed. */
  async #playNext(playing: Playing, why: NextReason): Promise<void> {
    const { queue, emit, guildId } = this.#options;
    const stillLoaded = this.#ledger.current === playing;
    const exhausted = playing.failed && !this.#spendFailure();
    const step = exhausted ? queue.finish() : queue.advance(playing.failed ? "skip" : "ended");
    if (decisionChannel.hasSubscribers) {
      const reason = exhausted ? "tooManyFailures" : why;
      publishDecision({ kind: "next", guildId, from: playing.track, to: step.track, reason });
    }
    if (step.track === null) {
      if (stillLoaded) await this.stop(step);
      if (exhausted) throw tooManyFailures(guildId, queue.length);
      emit({ type: "queueEmpty", guildId });
      return;
    }
    try {
      await this.#open(step.track, {});
    } catch (error) {
      this.report(error);
      const refused = this.#ledger.current;
      // Without a node every track would fail; this one stays, and plays when a node is back.
      if (refused === undefined || !hasCode(error, "LAVALINK_BAD_REQUEST", "LAVALINK_SERVER_ERROR")) return;
      this.#ledger.end(refused);
      await this.#playNext({ ...refused, failed: true }, "refused");
    }
  }
  #spendFailure(): boolean {
    this.#budget ??= createErrorBudget(this.#options.errorBudget);
    return this.#budget.spend(this.#options.clock.monotonicMs());
  }
  #started(playing: Playing): void {
    // A track that was made anew on another node has started already.
    if (playing.started) return;
    playing.started = true;
    if (this.#ledger.current === playing) this.syncRunning();
    this.#options.emit({ type: "trackStart", guildId: this.#options.guildId, track: playing.track });
  }
  #ended(playing: Playing, reason: TrackEndReason): void {
    const { queue, emit, guildId } = this.#options;
    const wasCurrent = this.#ledger.current === playing;
    // A PATCH that had to be sent twice replaces the track by itself; it goes on playing.
    if (wasCurrent && reason === "replaced") return;
    this.#ledger.end(playing);
    if (reason === "loadFailed") playing.failed = true;
    emit({ type: "trackEnd", guildId, track: playing.track, reason });
    if (!wasCurrent) return;
    this.syncRunning();
    if (trackEndReasons[reason].mayStartNext) this.#goOn(playing, playing.failed ? "failed" : "ended");
    else if (queue.current === playing.track) queue.finish();
  }
}

/** Builds a {@link Playback}. */
export function createPlayback(options: PlaybackOptions): Playback {
  return new QueuePlayback(options);
}

function tooManyFailures(guildId: GuildId, waiting: number): LavalinkError {
  const message = `Player ${guildId} stopped: too many tracks failed in a row. Call play() to go on with the ${waiting} that wait.`;
  return new LavalinkError("LAVALINK_TOO_MANY_FAILURES", message, { details: { waiting } });
}

import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import type { EventMessage, PlayerPatch, WirePlayer } from "@antiphon/protocol/lavalink";
import { speedRatioOf } from "./compose-filters.ts";
import { commandChannel, decisionChannel, publishCommand, publishDecision, type PlayerCommand } from "./diagnostics.ts";
import { hasCode, LavalinkError } from "./error.ts";
import type { Node } from "./node.ts";
import { check, checkPosition, checkVolume } from "./player-arguments.ts";
import type { CommandOptions, ManagedPlayer, PlayOptions } from "./player.ts";
import type { PlayerContext, PlayerOptions } from "./player-context.ts";
import { createPatchLane, type PatchLane } from "./patch-lane.ts";
import { createPlayback, type Playback } from "./playback.ts";
import { createPlayerFilters, type ManagedPlayerFilters } from "./player-filters.ts";
import type { StoredChange } from "./persistence.ts";
import { createQueue, toQueuedTrack, type PlayerQueue, type Queue, type QueueChange, type QueueStep } from "./queue.ts";
import type { PlayerUpdate } from "./read-update.ts";
import type { StoredPlayer, StoredQueue } from "./stored-player.ts";
import { NONCE_KEY } from "./track-ledger.ts";
import type { QueuedTrack, Track } from "./track.ts";
import type { VoiceCredentials, VoiceLink } from "./voice-link.ts";

const DEFAULT_VOLUME_PERCENT = 100;
const NOTHING: PlayerPatch = {};

/**
 * There may be tens of thousands of players, most of them idle. So it is a class with plain fields, and its parts are built when they
 * are first needed.
 */
class NodePlayer implements ManagedPlayer {
  readonly guildId: GuildId;
  readonly voice: VoiceLink;
  readonly #context: PlayerContext;
  readonly #ordinal: number;
  #node: Node;
  // Whether a node has been told of this player: before that nothing needs to be made anew.
  #known = false;
  /** When the node last said something of this player, by the monotonic clock. */
  #heardMs = 0;
  #lastReportMs = -1;
  #confirmedVolumePercent = DEFAULT_VOLUME_PERCENT;
  #confirmedPaused = false;
  #queue: PlayerQueue | undefined;
  #filters: ManagedPlayerFilters | undefined;
  #lane: PatchLane | undefined;
  #playback: Playback | undefined;

  constructor({ guildId, node, voice, ordinal }: PlayerOptions, context: PlayerContext) {
    this.guildId = guildId;
    this.voice = voice;
    this.#node = node;
    this.#ordinal = ordinal;
    this.#context = context;
  }

  get queue(): PlayerQueue {
    return (this.#queue ??= this.#createQueue());
  }
  get filters(): ManagedPlayerFilters {
    return (this.#filters ??= this.#createFilters());
  }
  get channelId(): ChannelId {
    return this.voice.channelId as ChannelId;
  }
  get node(): string {
    return this.#node.name;
  }
  get owner(): Node {
    return this.#node;
  }
  get current(): QueuedTrack | null {
    return this.#queue?.current ?? null;
  }
  get paused(): boolean {
    return this.#unconfirmed.paused ?? this.#confirmedPaused;
  }
  get volumePercent(): number {
    return this.#unconfirmed.volume ?? this.#confirmedVolumePercent;
  }
  get positionMs(): number {
    return this.#playback?.positionMs ?? 0;
  }
  get silentMs(): number | undefined {
    const audible = this.#playback?.current?.started === true && !this.paused && this.#lane?.held !== true;
    return audible ? this.#context.clock.monotonicMs() - this.#heardMs : undefined;
  }

  async play(track?: Track, options: PlayOptions = {}): Promise<QueuedTrack | null> {
    if (options.volumePercent !== undefined) checkVolume(options.volumePercent);
    if (options.positionMs !== undefined) checkPosition(options.positionMs);
    if (commandChannel.hasSubscribers) {
      const { signal: _signal, ...recorded } = options;
      this.#tell({ type: "play", track: track ?? null, options: recorded });
    }
    if (track === undefined && this.#playback?.current !== undefined) {
      if (this.paused) await this.#setPaused(false, options);
      return this.current;
    }
    const step =
      track === undefined ? this.queue.advance("skip") : this.queue.begin(toQueuedTrack(track, options.requesterId));
    await this.#playing.start(step, options);
    return step.track;
  }
  connect({ signal }: CommandOptions = {}): Promise<void> {
    return this.#submit(this.#voicePatch(), signal);
  }
  pause(options: CommandOptions = {}): Promise<void> {
    this.#tell({ type: "pause" });
    return this.#setPaused(true, options);
  }
  resume(options: CommandOptions = {}): Promise<void> {
    this.#tell({ type: "resume" });
    return this.#setPaused(false, options);
  }
  skip(options: CommandOptions = {}): Promise<QueuedTrack | null> {
    this.#tell({ type: "skip" });
    return this.#follow(this.queue.advance("skip"), options);
  }
  async skipTo(index: number, options: CommandOptions = {}): Promise<QueuedTrack | null> {
    // Told as the edit of the queue that it is, and a skip.
    this.queue.skipTo(index);
    this.#tell({ type: "skip" });
    return this.#follow(this.queue.advance("skip"), options);
  }
  async previous(options: CommandOptions = {}): Promise<QueuedTrack | null> {
    this.#tell({ type: "previous" });
    const step = this.queue.back();
    return step === undefined ? null : this.#follow(step, options);
  }
  async stop({ signal }: CommandOptions = {}): Promise<void> {
    this.#tell({ type: "stop" });
    if (this.current !== null) await this.#playing.stop(this.queue.finish(), signal);
  }
  async seek(atMs: number, { signal }: CommandOptions = {}): Promise<void> {
    checkPosition(atMs);
    check(this.current?.info.isSeekable === true, `seek: player ${this.guildId} plays nothing in which one can seek.`);
    this.#tell({ type: "seek", positionMs: atMs });
    const beforeMs = this.positionMs;
    this.#playing.setPosition(atMs);
    try {
      await this.#submit({ position: Math.round(atMs) }, signal);
    } catch (error) {
      if (this.#unconfirmed.position === undefined) this.#playing.setPosition(beforeMs);
      throw error;
    }
  }
  async setVolume(percent: number, { signal }: CommandOptions = {}): Promise<void> {
    checkVolume(percent);
    this.#tell({ type: "setVolume", volumePercent: percent });
    await this.#submit({ volume: percent }, signal);
  }
  leave(): Promise<void> {
    return this.#context.destroy(this, "left");
  }

  handleEvent(message: EventMessage): void {
    this.#heard("player");
    if (message.type !== "WebSocketClosedEvent") {
      this.#playback?.handleEvent(message);
      return;
    }
    const { code, reason, byRemote } = message;
    this.#context.emit({ type: "voiceClosed", guildId: this.guildId, code, reason, byRemote });
    this.voice.handleClosed(code);
  }
  handleUpdate({ positionMs, connected, pingMs }: PlayerUpdate): void {
    const nowMs = this.#heard("position");
    const { track, position } = this.#unconfirmed;
    // What the node says was true before it hears of a jump that is on its way.
    if (track === undefined && position === undefined) this.#playback?.reportPosition(positionMs, nowMs);
    if (!this.#context.isHeard("playerUpdate")) return;
    this.#context.emit({
      type: "playerUpdate",
      guildId: this.guildId,
      positionMs: this.#playback?.positionAt(nowMs) ?? 0,
      connected,
      pingMs: pingMs < 0 ? null : pingMs,
    });
  }
  voiceChanged(voice: VoiceCredentials): void {
    this.#context.changed(this.guildId, "player");
    if (this.#known) this.#submit({ voice }).catch((error: unknown) => this.#playing.report(error));
  }
  hold(): void {
    this.#commands.hold();
  }
  async recover(target: Node): Promise<void> {
    const from = this.#node;
    this.#node = target;
    const done = this.#known ? this.#submit(this.#snapshot()) : Promise.resolve();
    this.#lane?.release();
    await done;
    if (from === target) return;
    this.#context.emit({ type: "playerMoved", guildId: this.guildId, from: from.name, to: target.name });
  }
  abandon(error: unknown): void {
    this.#playing.abandon();
    this.#lane?.release();
    this.#playing.report(error);
  }
  async reconcile(wire: WirePlayer): Promise<void> {
    const same = wire.track !== null && wire.track !== undefined && this.#playing.isCurrent(wire.track);
    const starting = this.#unconfirmed.track !== undefined;
    if (this.#playing.current !== undefined && !same && !starting) {
      await this.recover(this.#node);
      return;
    }
    this.#confirm(wire);
    if (same && !starting) this.#playing.reportPosition(wire.state.position, this.#context.clock.monotonicMs());
    this.#playing.syncRunning();
    this.#lane?.release();
  }
  capture(): { readonly player: StoredPlayer; queue(): StoredQueue } {
    const { nonce = "", started = false, track } = this.#playback?.current ?? {};
    const player: StoredPlayer = {
      guildId: this.guildId,
      channelId: this.voice.channelId ?? "",
      selfDeaf: this.voice.selfDeaf,
      node: this.node,
      voice: this.voice.credentials ?? null,
      volumePercent: this.volumePercent,
      paused: this.paused,
      filters: [...(this.#filters?.layers ?? [])],
      playing: track === undefined ? null : { nonce, started, track },
      positionMs: this.positionMs,
    };
    const { queue } = this;
    return { player, queue: () => ({ loop: queue.loop, upcoming: queue.upcoming(), history: queue.history() }) };
  }
  adopt(player: StoredPlayer, queue: StoredQueue | undefined): void {
    const { loop, upcoming, history } = queue ?? { loop: "off", upcoming: [], history: [] };
    this.#known = true;
    this.#confirmedVolumePercent = player.volumePercent;
    this.#confirmedPaused = player.paused;
    this.queue.restore({ loop, current: player.playing?.track ?? null, upcoming, history });
    if (player.filters.length > 0) this.filters.adopt(player.filters);
    this.voice.adopt(player.channelId, player.selfDeaf, player.voice);
    if (player.playing !== null) this.#playing.adopt({ ...player.playing, failed: false }, player.positionMs);
    this.hold();
  }
  async inspect(): Promise<void> {
    this.#heardMs = this.#context.clock.monotonicMs();
    const playback = this.#playing;
    const { sessionId } = this.#node;
    const { current } = playback;
    if (sessionId === undefined) return;
    const wire = await this.#node.rest.player(sessionId, this.guildId).catch((error: unknown) => {
      if (hasCode(error, "LAVALINK_PLAYER_NOT_FOUND")) return undefined;
      throw error;
    });
    // A command or an event may have come meanwhile; then all is well.
    const settled = this.#unconfirmed.track === undefined && this.#lane?.held !== true;
    if (current === undefined || playback.current !== current || !settled) return;
    if (wire !== undefined && (wire.track === null || wire.track === undefined)) {
      playback.missedEnd();
      return;
    }
    const moves = wire !== undefined && wire.state.position !== this.#lastReportMs;
    this.#lastReportMs = wire?.state.position ?? -1;
    if (moves) playback.reportPosition(wire.state.position, this.#context.clock.monotonicMs());
    else await this.recover(this.#node);
  }
  end(): void {
    const message = `Player ${this.guildId} is gone. Call join() for a new one.`;
    this.#commands.close(new LavalinkError("LAVALINK_PLAYER_DESTROYED", message));
  }

  #createQueue(): PlayerQueue {
    const changed = (change: QueueChange) => {
      this.#context.changed(this.guildId, "queue");
      if (change === "edit" && commandChannel.hasSubscribers) this.#tell(editOf(this.queue));
    };
    return createQueue({ ...this.#context.queue, changed });
  }
  #createFilters(): ManagedPlayerFilters {
    const changed = () => {
      this.#playing.setSpeed(speedRatioOf(this.filters.composed));
      this.#context.changed(this.guildId, "player");
    };
    return createPlayerFilters((filters, signal) => this.#submit({ filters }, signal), changed);
  }
  get #commands(): PatchLane {
    return (this.#lane ??= createPatchLane({
      guildId: this.guildId,
      clock: this.#context.clock,
      waitLimitMs: this.#context.commandTimeoutMs,
      send: (patch, signal) => this.#send(patch, signal),
      shouldResend: (error) => this.#shouldResend(error),
      confirmed: (wire) => {
        this.#heard("player");
        this.#confirm(wire);
        this.#playback?.syncRunning();
      },
    }));
  }
  get #playing(): Playback {
    return (this.#playback ??= createPlayback({
      guildId: this.guildId,
      queue: this.queue,
      clock: this.#context.clock,
      noncePrefix: `${this.#context.runId}.${this.#ordinal}`,
      errorBudget: this.#context.errorBudget,
      emit: this.#context.emit,
      submit: (patch, signal) => this.#submit(patch, signal),
      voicePatch: () => this.#voicePatch(),
      volumePercent: () => this.volumePercent,
      paused: () => this.paused,
    }));
  }
  get #unconfirmed(): PlayerPatch {
    return this.#lane?.unconfirmed ?? NOTHING;
  }
  #submit(patch: PlayerPatch, signal?: AbortSignal): Promise<void> {
    return this.#commands.submit(patch, signal);
  }
  #tell(command: PlayerCommand): void {
    if (commandChannel.hasSubscribers) publishCommand({ guildId: this.guildId, command });
  }
  /** The node said something just now. */
  #heard(change: StoredChange): number {
    this.#heardMs = this.#context.clock.monotonicMs();
    this.#context.changed(this.guildId, change);
    return this.#heardMs;
  }
  #confirm(wire: WirePlayer): void {
    this.#confirmedVolumePercent = wire.volume;
    this.#confirmedPaused = wire.paused;
  }
  #follow(step: QueueStep, { signal }: CommandOptions): Promise<QueuedTrack | null> {
    if (decisionChannel.hasSubscribers) {
      const from = this.#playback?.current?.track ?? null;
      publishDecision({ kind: "next", guildId: this.guildId, from, to: step.track, reason: "asked" });
    }
    return this.#playing.follow(step, { signal });
  }
  async #setPaused(paused: boolean, { signal }: CommandOptions): Promise<void> {
    const done = this.#submit({ paused }, signal);
    this.#playback?.syncRunning();
    await done.finally(() => this.#playback?.syncRunning());
  }
  #voicePatch(): Pick<PlayerPatch, "voice"> {
    const { credentials } = this.voice;
    return credentials === undefined ? {} : { voice: credentials };
  }
  /** The whole player as one patch, for a node that knows nothing of it. */
  #snapshot(): PlayerPatch {
    const current = this.#playback?.current;
    return {
      ...this.#voicePatch(),
      ...(current === undefined ? {} : { track: this.#playing.trackPatch(current) }),
      ...(current === undefined || current.track.info.isStream ? {} : { position: this.positionMs }),
      volume: this.volumePercent,
      paused: this.paused,
      ...(this.#filters === undefined || this.#filters.layers.size === 0 ? {} : { filters: this.#filters.composed }),
    };
  }
  async #send(patch: PlayerPatch, signal: AbortSignal): Promise<WirePlayer> {
    const { sessionId, rest, name } = this.#node;
    const { guildId } = this;
    if (sessionId === undefined) {
      throw new LavalinkError("LAVALINK_NODE_LOST", `Player ${guildId}: node "${name}" is gone.`, { retryable: true });
    }
    this.#known = true;
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
  }
  async #shouldResend(error: unknown): Promise<boolean> {
    if (hasCode(error, "LAVALINK_SESSION_NOT_FOUND")) {
      await this.#node.reconnect();
      return true;
    }
    return hasCode(error, "LAVALINK_UNREACHABLE", "LAVALINK_NODE_LOST") && !(await this.#node.verify());
  }
}

/** Builds a {@link ManagedPlayer}; sends nothing. */
export function createPlayer(options: PlayerOptions, context: PlayerContext): ManagedPlayer {
  return new NodePlayer(options, context);
}

function editOf(queue: Queue): PlayerCommand {
  return { type: "queue", loop: queue.loop, upcoming: queue.upcoming() };
}

import { createEmitter, silentLogger, withSignal, type EventSource, type Logger } from "@antiphon/std";
import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";
import { SpeakingFlag } from "@antiphon/protocol/voice";
import { VoiceError, voiceErrorOf, type VoiceErrorCode } from "./error.ts";
import { createFrameReceiver, type ReceivedOpusFrame, type ReceiveOptions } from "./frame-receiver.ts";
import { createRingWriter } from "./frame-ring.ts";
import type { FrameSource } from "./frame-source.ts";
import { createPlayback, type DrivenPlayback, type Playback, type PlaybackEndReason } from "./playback.ts";
import { createConnectionMemory, viewControls, viewCounters } from "./shared-memory.ts";
import { readVoiceStats, type VoiceEncryption, type VoiceStats } from "./voice-stats.ts";
import type { VoiceWorkers, WorkerLine } from "./voice-workers.ts";
import type { RoomReport } from "./worker/worker-message.ts";

/** What the main gateway hands out for one stay in one voice channel. */
export interface VoiceCredentials {
  /** The guild of the channel. */
  readonly guildId: GuildId;
  /** The channel; also the id of its end-to-end encryption group. */
  readonly channelId: ChannelId;
  /** Who connects. */
  readonly userId: UserId;
  /** From VOICE_STATE_UPDATE. */
  readonly sessionId: string;
  /** From VOICE_SERVER_UPDATE; a secret. */
  readonly token: string;
  /** `host[:port]` without a scheme, from VOICE_SERVER_UPDATE. */
  readonly endpoint: string;
}

/** Why a connection is over. */
export interface VoiceCloseReason {
  /** `VOICE_CLOSED` when it was closed from this side. */
  readonly code: VoiceErrorCode;
  /** The voice gateway's close code; null when there was none. */
  readonly closeCode: number | null;
  /** A sentence for a log. */
  readonly message: string;
}

/** Where a connection stands; frames to be played wait in every state but `connected`. */
export type VoiceConnectionState =
  | { readonly name: "connecting" }
  | { readonly name: "connected" }
  | { readonly name: "reconnecting" }
  | { readonly name: "closed"; readonly reason: VoiceCloseReason };

/** What happens on a connection. */
export type VoiceEvent =
  /** The connection stands, is lost, comes back, or is over. */
  | { readonly type: "stateChange"; readonly from: VoiceConnectionState; readonly to: VoiceConnectionState }
  /**
   * The session is lost; whoever holds the main gateway asks it for another and calls `updateCredentials`. `attempt` counts from 0;
   * `problem` is what the network or TLS said when that broke the socket.
   */
  | {
      readonly type: "sessionLost";
      readonly attempt: number;
      readonly closeCode: number | null;
      readonly problem: string | null;
    }
  /** Cipher, DAVE version, epoch or privacy code changed. */
  | { readonly type: "encryptionChange"; readonly encryption: VoiceEncryption }
  /** The first frame of a playback was sent. */
  | { readonly type: "playbackStart"; readonly playback: Playback }
  /** A playback is over. */
  | { readonly type: "playbackEnd"; readonly playback: Playback; readonly reason: PlaybackEndReason }
  /** The source of a playback failed; its end follows. */
  | { readonly type: "playbackError"; readonly playback: Playback; readonly error: VoiceError }
  /** The source of a playback has given nothing for `waitedMs`; it is still waited for. */
  | { readonly type: "playbackStuck"; readonly playback: Playback; readonly waitedMs: number }
  /** Someone began to send audio, or sent none for 200 ms; `ssrc` is the RTP source of it. */
  | { readonly type: "speaking"; readonly userId: UserId; readonly ssrc: number; readonly speaking: boolean }
  /** Somebody is in the call. */
  | { readonly type: "memberJoin"; readonly userId: UserId }
  /** Somebody is in the call no more, or we are not. */
  | { readonly type: "memberLeave"; readonly userId: UserId }
  /** The connection is over; the last event. */
  | { readonly type: "closed"; readonly reason: VoiceCloseReason };

/** What the main gateway said about a connection, as `createVoiceManager` passes it on. */
export type VoiceNotice = "serverGone" | "left";

/** A stay in a guild's voice channels. */
export interface VoiceConnection extends EventSource<VoiceEvent>, AsyncDisposable {
  /** The guild; a connection never changes it. */
  readonly guildId: GuildId;
  /** The channel of the last credentials. */
  readonly channelId: ChannelId;
  /** Where it stands. */
  readonly state: VoiceConnectionState;
  /** What is being played; null when nothing is. */
  readonly playback: Playback | null;
  /** Resolves, never rejects, when the connection is over. */
  readonly closed: Promise<VoiceCloseReason>;
  /**
   * Plays a source in place of what is being played and what waits; with `gapless`, behind them.
   *
   * @throws VoiceError VOICE_CLOSED when the connection is over
   */
  play(source: FrameSource, options?: PlayOptions): Playback;
  /** Streams what one user, or everybody, says. Frames that came before the call are gone. */
  receive(userId?: string, options?: ReceiveOptions): AsyncIterableIterator<ReceivedOpusFrame>;
  /**
   * Chooses the flags that announce our audio, from the next packet on: `microphone` unless told otherwise, `priority` to turn others down
   * (which takes the permission Priority Speaker), `soundshare` for audio without a microphone's lights.
   */
  setSpeaking(flags: SpeakingFlags): void;
  /** A snapshot of the counters, taken without asking the voice thread. */
  getStats(): VoiceStats;
  /** Starts over with fresh credentials: after `sessionLost`, a move, or a change of servers. Playback goes on afterwards. */
  updateCredentials(credentials: VoiceCredentials): void;
  /** Passes on what the main gateway said: the server went away (endpoint null), or we are in no channel any more. */
  notify(notice: VoiceNotice): void;
  /** Leaves. Idempotent; resolves when sockets are closed and, without other connections, the voice thread has ended. */
  close(): Promise<void>;
}

/** How audio is announced. */
export interface SpeakingFlags {
  /** Ordinary audio. Defaults to true. */
  readonly microphone?: boolean | undefined;
  /** Sound of a screen that is shared. Defaults to false. */
  readonly soundshare?: boolean | undefined;
  /** Clients turn others down meanwhile. Defaults to false. */
  readonly priority?: boolean | undefined;
}

/** Options of {@link VoiceConnection.play}. */
export interface PlayOptions {
  /** Starts paused. Defaults to false. */
  readonly paused?: boolean | undefined;
  /** Waits for what is being played, and follows it without a gap, rather than in place of it. Defaults to false. */
  readonly gapless?: boolean | undefined;
  /** Begins anew at the end, without a gap, as long as the source can seek. Defaults to false. */
  readonly loop?: boolean | undefined;
  /** How long the source may take for a frame before `stuck` is told, in milliseconds. Defaults to 10,000. */
  readonly stuckAfterMs?: number | undefined;
}

/** Options of {@link openVoiceConnection}. */
export interface VoiceConnectionOptions {
  readonly credentials: VoiceCredentials;
  readonly workers: VoiceWorkers;
  /** Certificates to trust instead of the usual ones, in PEM. */
  readonly ca: string | undefined;
  /** How long after a 4014 a move is waited for, in milliseconds. */
  readonly moveWaitMs?: number | undefined;
  readonly logger?: Logger | undefined;
}

const noEncryption: VoiceEncryption = { cipher: null, daveProtocolVersion: 0, daveEpoch: null, privacyCode: null };

function reasonOf(error: VoiceError): VoiceCloseReason {
  const closeCode = typeof error.details["closeCode"] === "number" ? error.details["closeCode"] : null;
  return { code: error.code, closeCode, message: error.message };
}

/** How many crashes of its thread within the time below a connection survives; more of them are its own doing. */
const MAXIMUM_RESTARTS = 3;
const RESTART_WINDOW_MS = 60_000;

/** Starts a connection; it is `connecting` until its state says otherwise. */
export function openVoiceConnection(options: VoiceConnectionOptions): VoiceConnection {
  const { workers, ca, moveWaitMs, logger = silentLogger } = options;
  const memory = createConnectionMemory();
  const counters = viewCounters(memory.counters);
  const controls = viewControls(memory.controls);
  const ring = createRingWriter(memory.send);
  const receiver = createFrameReceiver(memory, controls);
  const emitter = createEmitter<VoiceEvent>();
  const closed = Promise.withResolvers<VoiceCloseReason>();
  const playbacks = new Map<number, DrivenPlayback>();
  let { credentials } = options;
  let state: VoiceConnectionState = { name: "connecting" };
  let encryption = noEncryption;
  let current: DrivenPlayback | null = null;
  /** What follows `current` without a gap. */
  let waiting: DrivenPlayback[] = [];
  let lastPlaybackId = 0;
  const members = new Set<UserId>();
  let crashesAtMs: number[] = [];
  let wasConnected = false;
  let closing = false;

  const setState = (next: VoiceConnectionState) => {
    const from = state;
    if (from.name === next.name) return;
    state = next;
    emitter.emit({ type: "stateChange", from, to: next });
  };
  const setEncryption = (next: VoiceEncryption) => {
    const before = encryption;
    encryption = next;
    const names = Object.keys(next) as (keyof VoiceEncryption)[];
    if (names.some((name) => next[name] !== before[name])) emitter.emit({ type: "encryptionChange", encryption });
  };
  const finish = async (error: VoiceError) => {
    if (state.name === "closed") return;
    const reason = reasonOf(error);
    endPlaybacks("closed");
    receiver.close();
    setState({ name: "closed", reason });
    emitter.emit({ type: "closed", reason });
    emitter.close();
    await line.release();
    closed.resolve(reason);
  };
  const onReport = (report: RoomReport) => {
    switch (report.type) {
      case "phase":
        wasConnected ||= report.phase === "connected";
        // A thread that took over after a crash does not know that it stood before.
        return setState({ name: wasConnected && report.phase === "connecting" ? "reconnecting" : report.phase });
      case "rejoin":
        return emitter.emit({ ...report, type: "sessionLost" });
      case "encryption":
        return setEncryption(report.encryption);
      case "speaking":
        return emitter.emit({ ...report, userId: report.userId });
      case "memberJoin":
        members.add(report.userId);
        return emitter.emit({ type: "memberJoin", userId: report.userId });
      case "memberLeave":
        members.delete(report.userId);
        return emitter.emit({ type: "memberLeave", userId: report.userId });
      case "playbackStart":
        return playbacks.get(report.playbackId)?.onStart(report.playbackId);
      case "playbackEnd":
        return playbacks.get(report.playbackId)?.onEnd(report.playbackId, report.playedFrames);
      case "underrun":
        return playbacks.get(report.playbackId)?.onUnderrun();
      case "frames":
        return receiver.drain();
      case "debug":
        return logger.debug(report.message, { guildId: credentials.guildId });
      case "ended":
        return void finish(voiceErrorOf(report.end));
    }
  };
  const onFailure = (cause: unknown) => {
    if (state.name === "closed") return;
    const nowMs = performance.now();
    crashesAtMs = [...crashesAtMs.filter((atMs) => nowMs - atMs < RESTART_WINDOW_MS), nowMs];
    if (closing || crashesAtMs.length > MAXIMUM_RESTARTS) {
      const message = "The voice thread failed again and again. Join again to start another.";
      return void finish(new VoiceError("VOICE_WORKER_FAILED", message, { cause, retryable: true }));
    }
    if (state.name === "connected") setState({ name: "reconnecting" });
    for (const userId of members) emitter.emit({ type: "memberLeave", userId });
    members.clear();
    // What waits in shared memory outlives the thread: frames to send, their position, and frames received.
    controls.store("receivePending", 0);
    receiver.drain();
    current?.onRestart();
    line = openRoom();
  };
  /** Starts the connection's room in a thread, with the credentials that there are. */
  const openRoom = (): WorkerLine => {
    const next = workers.lease(onReport, onFailure);
    next.send({ type: "open", memory, ca, moveWaitMs });
    next.send({ type: "credentials", credentials });
    return next;
  };
  const endPlaybacks = (reason: PlaybackEndReason) => {
    const all = current === null ? [] : [current, ...waiting];
    waiting = [];
    for (const driven of all) driven.finish(reason);
  };
  const track = (driven: DrivenPlayback) => {
    const { playback } = driven;
    playback.on("start", () => emitter.emit({ type: "playbackStart", playback }));
    playback.on("error", ({ error }) => emitter.emit({ type: "playbackError", playback, error }));
    playback.on("stuck", ({ waitedMs }) => emitter.emit({ type: "playbackStuck", playback, waitedMs }));
    playback.on("end", ({ reason }) => {
      for (const [id, owner] of playbacks) if (owner === driven) playbacks.delete(id);
      waiting = waiting.filter((other) => other !== driven);
      if (current === driven) current = waiting.shift() ?? null;
      emitter.emit({ type: "playbackEnd", playback, reason });
    });
  };
  const start = (source: FrameSource, loop: boolean, stuckAfterMs: number): DrivenPlayback => {
    const before = waiting.at(-1) ?? current;
    const driven: DrivenPlayback = createPlayback({
      source,
      loop,
      stuckAfterMs,
      ring,
      controls,
      wake: () => line.send({ type: "wake" }),
      createId() {
        playbacks.set(++lastPlaybackId, driven);
        return lastPlaybackId;
      },
      after: before?.written ?? null,
      place: () => ({ isCurrent: current === driven, isLast: (waiting.at(-1) ?? current) === driven }),
    });
    if (before === null) current = driven;
    else waiting.push(driven);
    track(driven);
    return driven;
  };
  const updateCredentials = (next: VoiceCredentials) => {
    const names = Object.keys(next) as (keyof VoiceCredentials)[];
    // Repeated news of a session that stands must not interrupt it.
    if (state.name === "connected" && names.every((name) => next[name] === credentials[name])) return;
    credentials = next;
    if (state.name === "connected") setState({ name: "reconnecting" });
    line.send({ type: "credentials", credentials: next });
  };
  const close = async () => {
    closing = true;
    line.send({ type: "close" });
    await closed.promise;
  };

  let line = openRoom();

  return {
    on: emitter.on,
    events: emitter.events,
    closed: closed.promise,
    get guildId() {
      return credentials.guildId;
    },
    get channelId() {
      return credentials.channelId;
    },
    get state() {
      return state;
    },
    get playback() {
      return current?.playback ?? null;
    },
    play(source, { paused = false, gapless = false, loop = false, stuckAfterMs = 10_000 } = {}) {
      if (!(stuckAfterMs > 0)) throw new RangeError(`play: stuckAfterMs must be more than 0, not ${stuckAfterMs}`);
      if (state.name === "closed") {
        throw new VoiceError(
          "VOICE_CLOSED",
          `play: the connection to guild ${credentials.guildId} is over (${state.reason.message})`,
        );
      }
      if (!gapless) {
        ring.clear();
        endPlaybacks("replaced");
      }
      // What waits for its turn leaves a pause of the one before it alone.
      if (current === null) controls.store("paused", paused ? 1 : 0);
      return start(source, loop, stuckAfterMs).playback;
    },
    receive: (userId, receiveOptions = {}) => receiver.open(userId, receiveOptions),
    setSpeaking({ microphone = true, soundshare = false, priority = false }) {
      const flags =
        (microphone ? SpeakingFlag.Microphone : 0) |
        (soundshare ? SpeakingFlag.Soundshare : 0) |
        (priority ? SpeakingFlag.Priority : 0);
      if (flags === 0)
        throw new RangeError("setSpeaking: at least one flag must be set; audio stops with its playback");
      controls.store("speakingFlags", flags);
      line.send({ type: "reannounce" });
    },
    getStats: () => readVoiceStats(counters, encryption, receiver.dropped),
    updateCredentials,
    notify: (notice) => line.send({ type: notice }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Resolves when the connection stands; closes it and rejects when it fails, or when the signal aborts first. */
export async function untilConnected(connection: VoiceConnection, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const check = (state: VoiceConnectionState) => {
    if (state.name === "connected") resolve();
    if (state.name !== "closed") return;
    const { code, message, closeCode } = state.reason;
    reject(new VoiceError(code, message, { details: { closeCode } }));
  };
  const subscription = connection.on("stateChange", ({ to }) => check(to));
  check(connection.state);
  try {
    await withSignal(promise, signal);
  } catch (error) {
    await connection.close();
    throw error;
  } finally {
    subscription[Symbol.dispose]();
  }
}

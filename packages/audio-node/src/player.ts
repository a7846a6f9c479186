import type { EventMessage, Filters, NodeMessage, TrackEndReason, WirePlayer } from "@antiphon/protocol/lavalink";
import type { Clock, Logger, Timer } from "@antiphon/std";
import type { CheckedPatch, VoicePatch } from "./player-patch.ts";
import { RequestError } from "./node-error.ts";
import { toException, type TrackLoader } from "./track-loader.ts";
import { startTrackRun, type TrackRun } from "./track-run.ts";
import type { Track } from "./track.ts";
import { VoiceClosedError, type ConnectVoiceLink, type VoiceClosure, type VoiceLink } from "./voice-link.ts";

/** A radio station announced what it plays; no message of Lavalink's own. */
export interface StreamTitleMessage {
  readonly op: "event";
  readonly type: "StreamTitleEvent";
  readonly guildId: string;
  /** With `streamTitle` among its `pluginInfo`. */
  readonly track: Track;
  readonly title: string;
}

/** Everything that a client may be sent. */
export type AudioNodeMessage = NodeMessage | StreamTitleMessage;

/** What a player is built from. */
export interface PlayerOptions {
  readonly guildId: string;
  /** The bot. */
  readonly userId: string;
  readonly connectVoice: ConnectVoiceLink;
  readonly loader: TrackLoader;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly playerUpdateIntervalMs: number;
  readonly stuckThresholdMs: number;
  /** How long a track without a voice connection is kept. */
  readonly cleanupMs: number;
  readonly send: (message: AudioNodeMessage) => void;
}

/** A guild's player. */
export interface Player {
  readonly guildId: string;
  readonly isPlaying: boolean;
  readonly link: VoiceLink | undefined;
  /** Applies a checked PATCH in Lavalink's order; waits for the voice connection. */
  apply(patch: CheckedPatch): Promise<void>;
  view(): WirePlayer;
  sendUpdate(): void;
  /** Ends the track and leaves the channel; idempotent. */
  destroy(): Promise<void>;
}

/** The loudest that a source plays: the product of a player's volume and its volume filter is cut here. */
const MAXIMUM_VOLUME_PERCENT = 1000;

const NO_VOICE: VoicePatch = { token: "", endpoint: "", sessionId: "", channelId: "" };

/** Builds a {@link Player}. */
export function createPlayer(options: PlayerOptions): Player {
  const { guildId, clock, loader, send } = options;
  const event = { op: "event", guildId } as const;
  const destroyed = new AbortController();
  let track: Track | null = null;
  let run: TrackRun | undefined;
  let link: VoiceLink | undefined;
  let voice: VoicePatch | undefined;
  let volume = 100;
  let paused = false;
  let filters: Filters = {};
  let endTimeMs: number | null = null;
  let updateTimer: Timer | undefined;
  let cleanupTimer: Timer | undefined;

  const volumePercent = () => {
    return Math.min(MAXIMUM_VOLUME_PERCENT, volume * (filters.volume ?? 1));
  };
  const state = () => ({
    time: clock.now(),
    position: Math.floor(run?.positionMs ?? 0),
    connected: link !== undefined,
    ping: link?.pingMs ?? -1,
  });
  const sendEvent = (message: EventMessage) => send(message);
  const sendUpdate = () => send({ op: "playerUpdate", guildId, state: state() });
  const scheduleUpdates = () => {
    updateTimer = clock.setTimer(options.playerUpdateIntervalMs, () => {
      sendUpdate();
      scheduleUpdates();
    });
  };
  /** A track that nobody can hear is given up after a while. */
  const planCleanup = () => {
    cleanupTimer?.cancel();
    cleanupTimer =
      track === null || link !== undefined ? undefined : clock.setTimer(options.cleanupMs, () => end("cleanup"));
  };
  const end = (reason: TrackEndReason) => {
    if (track === null) return;
    const ended = track;
    track = null;
    run?.close();
    run = undefined;
    updateTimer?.cancel();
    planCleanup();
    sendEvent({ ...event, type: "TrackEndEvent", track: ended, reason });
  };
  const start = (next: Track, startMs: number) => {
    end("replaced");
    track = next;
    sendEvent({ ...event, type: "TrackStartEvent", track: next });
    run = startTrackRun({
      clock,
      startMs,
      paused,
      volumePercent: volumePercent(),
      filters,
      stuckThresholdMs: options.stuckThresholdMs,
      endMs: () => endTimeMs,
      open: (sourceOptions) => loader.open(next, sourceOptions),
      listener: {
        onFinished: () => end("finished"),
        onFailed(error, hadAudio) {
          sendEvent({ ...event, type: "TrackExceptionEvent", track: next, exception: toException(error) });
          end(hadAudio ? "finished" : "loadFailed");
        },
        onStreamTitle(title) {
          if (track === null) return;
          track = { ...track, pluginInfo: { ...track.pluginInfo, streamTitle: title } };
          send({ ...event, type: "StreamTitleEvent", track, title });
        },
        onStuck(thresholdMs) {
          sendEvent({ ...event, type: "TrackStuckEvent", track: next, thresholdMs });
          sendUpdate();
        },
      },
    });
    run.attach(link);
    scheduleUpdates();
    planCleanup();
  };

  const onClosed = ({ code, reason, byRemote }: VoiceClosure) => {
    link = undefined;
    run?.attach(undefined);
    planCleanup();
    sendEvent({ ...event, type: "WebSocketClosedEvent", code, reason, byRemote });
    sendUpdate();
  };
  const connect = async (next: VoicePatch) => {
    const credentials = { guildId, userId: options.userId, ...next };
    const { signal } = destroyed;
    if (link !== undefined) return link.update(credentials, { signal });
    const connected = await options.connectVoice(credentials, { signal });
    if (signal.aborted) return connected.close();
    link = connected;
    connected.onClosed((closure) => {
      if (link === connected) onClosed(closure);
    });
  };
  const applyVoice = async (next: VoicePatch) => {
    const isSame =
      voice !== undefined && (Object.keys(next) as (keyof VoicePatch)[]).every((key) => voice?.[key] === next[key]);
    if (link !== undefined && isSame) return;
    voice = next;
    try {
      await connect(next);
    } catch (error) {
      if (destroyed.signal.aborted) throw destroyed.signal.reason;
      if (error instanceof VoiceClosedError) return onClosed(error.closure);
      options.logger.warn("joining a voice channel failed", { guildId, error });
      throw new RequestError(
        500,
        `The voice server ${next.endpoint} could not be joined: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    run?.attach(link);
    planCleanup();
    sendUpdate();
  };

  /** What goes on without a new track. */
  const applyToCurrent = (patch: CheckedPatch) => {
    if (patch.paused !== undefined) {
      paused = patch.paused;
      run?.setPaused(paused);
    }
    if (patch.userData !== undefined && track !== null) track = { ...track, userData: patch.userData };
  };
  const applyPosition = (patch: CheckedPatch) => {
    if (patch.position !== undefined && run !== undefined && track?.info.isSeekable === true) {
      run.seek(patch.position);
      sendUpdate();
    }
    if (patch.endTime !== undefined) endTimeMs = patch.endTime;
  };
  const applyTrack = (next: Track | null, patch: CheckedPatch) => {
    if (patch.noReplace && track !== null) return;
    paused = patch.paused ?? false;
    if (next === null) end("stopped");
    else {
      // The marker belongs to the new track; the old one must not end at it.
      end("replaced");
      endTimeMs = patch.endTime ?? null;
      start({ ...next, userData: patch.userData ?? next.userData }, patch.position ?? next.info.position);
    }
    sendUpdate();
  };

  return {
    guildId,
    get isPlaying() {
      return track !== null && !paused;
    },
    get link() {
      return link;
    },
    async apply(patch) {
      const hasTrack = patch.track !== undefined;
      if (patch.voice !== undefined) await applyVoice(patch.voice);
      if (!hasTrack) applyToCurrent(patch);
      if (patch.volume !== undefined) volume = patch.volume;
      if (!hasTrack) applyPosition(patch);
      if (patch.filters !== undefined) filters = patch.filters;
      if (patch.volume !== undefined || patch.filters !== undefined) run?.setVolume(volumePercent());
      if (patch.filters !== undefined) {
        run?.setFilters(filters);
        sendUpdate();
      }
      if (patch.track !== undefined) applyTrack(patch.track, patch);
    },
    view: () => ({
      guildId,
      track: track === null ? null : { ...track, info: { ...track.info, position: state().position } },
      volume,
      paused,
      state: state(),
      voice: { ...(voice ?? NO_VOICE) },
      filters: { ...filters },
    }),
    sendUpdate,
    async destroy() {
      if (destroyed.signal.aborted) return;
      destroyed.abort(new RequestError(404, "Player not found"));
      end("stopped");
      updateTimer?.cancel();
      cleanupTimer?.cancel();
      const leaving = link;
      link = undefined;
      await leaving?.close();
    },
  };
}

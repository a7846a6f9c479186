import type {
  EventMessage,
  Filters,
  NodeMessage,
  PlayerPatch,
  TrackEndReason,
  WirePlayer,
  WireTrack,
} from "@antiphon/protocol/lavalink";
import type { Clock, Timer } from "@antiphon/std";
import { toWireTrack } from "./catalogue.ts";

/** How a track goes wrong on the simulated node. */
export interface TrackFault {
  /** `exception` ends the track, `stuck` leaves it hanging. */
  readonly kind: "exception" | "stuck";
  /** When, in milliseconds into the track; 0 is before any audio. */
  readonly atMs: number;
}

/** What a virtual player is built from. */
export interface VirtualPlayerOptions {
  readonly guildId: string;
  readonly clock: Clock;
  readonly playerUpdateIntervalMs: number;
  readonly send: (message: NodeMessage) => void;
  readonly faultOf: (track: WireTrack) => TrackFault | undefined;
}

/** A player that has time instead of audio. */
export interface VirtualPlayer {
  /** Applies a checked PATCH in the order that Lavalink does. */
  apply(patch: PlayerPatch, encoded: string | null | undefined, noReplace: boolean): void;
  view(): WirePlayer;
  sendUpdate(): void;
  voiceClosed(code: number, reason: string, byRemote: boolean): void;
  /** Stops all timers without an event, as a session's end does. */
  destroy(): void;
}

/** A track that nobody polls ends after this long. */
const CLEANUP_MS = 60_000;
const STUCK_THRESHOLD_MS = 10_000;
const LAVALINK_DEFAULT_VOLUME = 100;

/** Builds a {@link VirtualPlayer}. */
export function createVirtualPlayer(options: VirtualPlayerOptions): VirtualPlayer {
  const { guildId, clock, send } = options;
  let track: WireTrack | null = null;
  let voice: PlayerPatch["voice"];
  let connected = false;
  let volume = LAVALINK_DEFAULT_VOLUME;
  let paused = false;
  let filters: Readonly<Record<string, unknown>> = {};
  let endTimeMs: number | null = null;
  let fault: TrackFault | undefined;
  let stuck = false;
  // The position that is told counts what was sent, as lavaplayer does; under a timescale the track is elsewhere.
  let basePositionMs = 0;
  let baseTrackMs = 0;
  let sinceMs = 0;
  let nextTimer: Timer | undefined;
  let updateTimer: Timer | undefined;

  const running = () => track !== null && connected && !paused && !stuck;
  const positionMs = () => {
    if (track === null) return 0;
    const elapsedMs = running() ? clock.monotonicMs() - sinceMs : 0;
    return Math.floor(Math.min(basePositionMs + elapsedMs, track.info.isStream ? Infinity : track.info.length));
  };
  const speedRatio = () => {
    const { speed = 1, rate = 1 } = (filters["timescale"] ?? {}) as NonNullable<Filters["timescale"]>;
    return speed * rate;
  };
  const trackMs = () => baseTrackMs + (running() ? (clock.monotonicMs() - sinceMs) * speedRatio() : 0);
  const state = () => ({ time: clock.now(), position: positionMs(), connected, ping: connected ? 12 : -1 });
  const sendEvent = (event: EventMessage) => send(event);
  const sendUpdate = () => send({ op: "playerUpdate", guildId, state: state() });
  const event = { op: "event" as const, guildId };

  const settle = () => {
    baseTrackMs = trackMs();
    basePositionMs = positionMs();
    sinceMs = clock.monotonicMs();
  };
  /** Plans whatever comes next by itself: the fault, the end, or the clean-up of a track that nobody hears. */
  const plan = () => {
    nextTimer?.cancel();
    nextTimer = undefined;
    if (track === null || stuck) return;
    if (!connected) {
      nextTimer = clock.setTimer(CLEANUP_MS, () => end("cleanup"), { keepAlive: false });
      return;
    }
    if (paused) return;
    const endMs = Math.min(track.info.isStream ? Infinity : track.info.length, endTimeMs ?? Infinity);
    const faultMs = fault?.atMs ?? Infinity;
    const dueMs = Math.max(0, Math.min(endMs, faultMs) - trackMs()) / speedRatio();
    if (dueMs === Infinity) return;
    nextTimer = clock.setTimer(dueMs, () => (faultMs <= endMs ? fail() : end("finished")), { keepAlive: false });
  };
  const change = (apply: () => void) => {
    settle();
    apply();
    sinceMs = clock.monotonicMs();
    plan();
  };
  const scheduleUpdates = () => {
    updateTimer?.cancel();
    updateTimer = clock.setTimer(
      options.playerUpdateIntervalMs,
      () => {
        sendUpdate();
        scheduleUpdates();
      },
      { keepAlive: false },
    );
  };
  const end = (reason: TrackEndReason) => {
    if (track === null) return;
    const ended = track;
    track = null;
    stuck = false;
    nextTimer?.cancel();
    updateTimer?.cancel();
    sendEvent({ ...event, type: "TrackEndEvent", track: ended, reason });
  };
  const fail = () => {
    if (track === null || fault === undefined) return;
    if (fault.kind === "stuck") {
      change(() => (stuck = true));
      sendEvent({ ...event, type: "TrackStuckEvent", track, thresholdMs: STUCK_THRESHOLD_MS });
      sendUpdate();
      return;
    }
    const exception = { message: "The simulated track failed.", severity: "common", cause: "a fault of the simulator" };
    sendEvent({ ...event, type: "TrackExceptionEvent", track, exception });
    end(fault.atMs === 0 ? "loadFailed" : "finished");
  };
  const start = (next: WireTrack, fromMs: number) => {
    end("replaced");
    track = next;
    fault = options.faultOf(next);
    basePositionMs = fromMs;
    baseTrackMs = fromMs;
    sinceMs = clock.monotonicMs();
    sendEvent({ ...event, type: "TrackStartEvent", track: next });
    sendUpdate();
    scheduleUpdates();
    plan();
  };
  const applyVoice = (next: NonNullable<PlayerPatch["voice"]>) => {
    if (connected && JSON.stringify(next) === JSON.stringify(voice)) return;
    change(() => {
      voice = next;
      connected = true;
    });
    sendUpdate();
  };

  return {
    apply(patch, encoded, noReplace) {
      if (noReplace && track !== null && encoded !== undefined) return;
      if (patch.voice !== undefined) applyVoice(patch.voice);
      const { paused: nextPaused, position } = patch;
      if (nextPaused !== undefined) change(() => (paused = nextPaused));
      const userData = patch.track?.userData;
      if (encoded === undefined && userData !== undefined && track !== null) track = { ...track, userData };
      if (patch.volume !== undefined) volume = patch.volume;
      if (encoded === undefined && position !== undefined && track !== null) {
        change(() => {
          basePositionMs = position;
          baseTrackMs = position;
        });
        sendUpdate();
      }
      if (patch.endTime !== undefined || typeof encoded === "string") change(() => (endTimeMs = patch.endTime ?? null));
      if (patch.filters !== undefined) {
        const { filters: next } = patch;
        change(() => (filters = next));
        sendUpdate();
      }
      if (encoded === null) end("stopped");
      if (typeof encoded === "string") {
        if (nextPaused === undefined) paused = false;
        start(toWireTrack(encoded, userData), position ?? 0);
      }
    },
    view: () => ({
      guildId,
      track: track === null ? null : { ...track, info: { ...track.info, position: positionMs() } },
      volume,
      paused,
      state: state(),
      voice: voice ?? { token: "", endpoint: "", sessionId: "", channelId: null },
      filters: { ...filters },
    }),
    sendUpdate,
    voiceClosed(code, reason, byRemote) {
      change(() => (connected = false));
      sendEvent({ ...event, type: "WebSocketClosedEvent", code, reason, byRemote });
      sendUpdate();
    },
    destroy() {
      nextTimer?.cancel();
      updateTimer?.cancel();
      track = null;
    },
  };
}

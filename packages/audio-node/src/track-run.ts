import type { Filters } from "@antiphon/protocol/lavalink";
import type { Clock } from "@antiphon/std";
import type { FrameSource } from "@antiphon/voice";
import type { AudioSource } from "@antiphon/voice/source";
import { createFilteredFrames, type FilteredFrames } from "./filters/filtered-frames.ts";
import type { TrackOpenOptions } from "./track-loader.ts";
import type { LinkPlayback, VoiceLink } from "./voice-link.ts";

/** What happens to a run; each comes at most once, except `onStuck` and `onStreamTitle`. */
export interface TrackRunListener {
  /** The audio, or the part before the end marker, was heard. */
  onFinished(): void;
  /** The audio cannot be played on. */
  onFailed(error: unknown, hadAudio: boolean): void;
  /** No audio came for this long while it was due. */
  onStuck(thresholdMs: number): void;
  /** A radio station announced what it plays. */
  onStreamTitle(title: string): void;
}

/** Options of {@link startTrackRun}. */
export interface TrackRunOptions {
  readonly clock: Clock;
  readonly startMs: number;
  readonly paused: boolean;
  readonly volumePercent: number;
  /** What is done to the sound besides its volume. */
  readonly filters: Filters;
  readonly stuckThresholdMs: number;
  /** Where the track ends early, in milliseconds; null when it does not. Asked before each frame. */
  readonly endMs: () => number | null;
  readonly open: (options: TrackOpenOptions) => Promise<AudioSource>;
  readonly listener: TrackRunListener;
}

/** One track, from its start to its end, over seeks and changes of the voice connection. */
export interface TrackRun {
  readonly positionMs: number;
  /** Plays on this link from now on; undefined when there is none. */
  attach(link: VoiceLink | undefined): void;
  setPaused(paused: boolean): void;
  setVolume(volumePercent: number): void;
  setFilters(filters: Filters): void;
  seek(positionMs: number): void;
  /** Ends it without an event; idempotent. */
  close(): void;
}

/** Begins to open a track's audio; it is played as soon as there is a link. */
export function startTrackRun(options: TrackRunOptions): TrackRun {
  const { clock, listener } = options;
  let { paused, volumePercent, filters } = options;
  let link: VoiceLink | undefined;
  let baseMs = options.startMs;
  let source: AudioSource | undefined;
  let frames: FilteredFrames | undefined;
  let playback: LinkPlayback | undefined;
  let opening: AbortController | undefined;
  let hadAudio = false;
  let wasLost = false;
  let over = false;

  const release = () => {
    opening?.abort();
    opening = undefined;
    // A playback closes its source; one that was never played is closed here.
    if (playback === undefined) void source?.close();
    const stopping = playback;
    playback = undefined;
    source = undefined;
    stopping?.stop();
  };
  const finish = (report: () => void) => {
    if (over) return;
    over = true;
    release();
    report();
  };
  const fail = (error: unknown) => finish(() => listener.onFailed(error, hadAudio));

  /** Ends the audio at the end marker and watches over the time that a frame takes. */
  const watched = (inner: AudioSource): FrameSource => ({
    frameMs: 20,
    async next() {
      const endMs = options.endMs();
      if (endMs !== null && inner.positionMs >= endMs) return null;
      using _stuck = clock.setTimer(options.stuckThresholdMs, () => {
        if (source === inner && !over) listener.onStuck(options.stuckThresholdMs);
      });
      return await inner.next();
    },
    close: () => inner.close(),
  });
  const play = () => {
    if (link === undefined || source === undefined || playback !== undefined) return;
    frames = createFilteredFrames(watched(source), filters);
    const current = link.play(frames, { paused });
    playback = current;
    let error: unknown;
    current.on("start", () => (hadAudio = true));
    current.on("error", (event) => (error = event.error.cause ?? event.error));
    current.on("end", ({ reason }) => {
      if (playback !== current) return;
      if (reason === "finished") finish(() => listener.onFinished());
      else if (reason === "failed") fail(error);
      else {
        // The link took it away: go on from here when another comes.
        baseMs += frames?.trackMsAt(current.positionMs) ?? 0;
        playback = undefined;
        source = undefined;
        wasLost = true;
      }
    });
  };
  const open = async (fromMs: number) => {
    release();
    baseMs = fromMs;
    wasLost = false;
    const own = new AbortController();
    opening = own;
    try {
      const onStreamTitle = (title: string) => {
        if (opening === own) listener.onStreamTitle(title);
      };
      const opened = await options.open({ startMs: fromMs, volumePercent, signal: own.signal, onStreamTitle });
      if (opening !== own) return await opened.close();
      opened.setVolume(volumePercent);
      source = opened;
      play();
    } catch (error) {
      if (opening === own) fail(error);
    }
  };
  void open(baseMs);

  return {
    get positionMs() {
      return baseMs + (playback === undefined ? 0 : (frames?.trackMsAt(playback.positionMs) ?? 0));
    },
    attach(next) {
      link = next;
      if (over) return;
      if (link !== undefined && wasLost) void open(baseMs);
      else play();
    },
    setPaused(next) {
      paused = next;
      if (paused) playback?.pause();
      else playback?.resume();
    },
    setVolume(percent) {
      volumePercent = percent;
      source?.setVolume(percent);
    },
    setFilters(next) {
      filters = next;
      frames?.setFilters(next);
    },
    seek: (positionMs) => void open(positionMs),
    close: () => finish(() => {}),
  };
}

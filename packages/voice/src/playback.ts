import { createEmitter, type EventSource } from "@antiphon/std";
import { VoiceError } from "./error.ts";
import type { FrameRingWriter } from "./frame-ring.ts";
import type { FrameSource } from "./frame-source.ts";
import type { Controls } from "./shared-memory.ts";

/** Why a playback is over: `replaced` by another, `closed` with its connection. */
export type PlaybackEndReason = "finished" | "stopped" | "replaced" | "closed" | "failed";

/** What happens to one playback. */
export type PlaybackEvent =
  /** Its first frame was sent. */
  | { readonly type: "start" }
  /** It is over; comes once, after which nothing comes. */
  | { readonly type: "end"; readonly reason: PlaybackEndReason }
  /** Its source failed; `end` with `failed` follows when what was read before has been heard. */
  | { readonly type: "error"; readonly error: VoiceError };

/** One source being played on a connection. */
export interface Playback extends EventSource<PlaybackEvent> {
  /** Whether it is paused. */
  readonly paused: boolean;
  /** How much of it was sent, in milliseconds; pauses and waits do not count. */
  readonly positionMs: number;
  /** Resolves when it is over. */
  readonly ended: Promise<PlaybackEndReason>;
  /** Holds it after the frame being sent; no effect when it is paused or over. */
  pause(): void;
  /** Goes on after a pause. */
  resume(): void;
  /** Ends it at once, together with what was read ahead. Idempotent. */
  stop(): void;
}

/** Options of {@link createPlayback}. */
export interface PlaybackOptions {
  /** A number from 1 that no other playback of the connection has. */
  readonly id: number;
  readonly source: FrameSource;
  readonly ring: FrameRingWriter;
  readonly controls: Controls;
  /** Makes the worker's clock look at ring and controls. */
  readonly wake: () => void;
}

/** A playback as its connection sees it. */
export interface DrivenPlayback {
  readonly playback: Playback;
  /** The worker sent its first frame. */
  onStart(): void;
  /** The worker sent its last frame. */
  onEnd(): void;
  /** Ends it. */
  finish(reason: PlaybackEndReason): void;
}

/** The longest Opus packet, in bytes (RFC 6716). */
const MAXIMUM_FRAME_BYTES = 1_275;
const END_MARKER = new Uint8Array(0);

/** Starts a playback: a pump keeps the ring filled from the source, about 1.2 s ahead of what is heard. */
export function createPlayback({ id, source, ring, controls, wake }: PlaybackOptions): DrivenPlayback {
  const emitter = createEmitter<PlaybackEvent>();
  const ended = Promise.withResolvers<PlaybackEndReason>();
  let over = false;
  let failed = false;
  let awake = false;
  let lastPositionMs = 0;

  const positionMs = () => {
    if (over) return lastPositionMs;
    return controls.load("playbackId") === id ? controls.load("playedFrames") * source.frameMs : 0;
  };
  const push = async (frame: Uint8Array) => {
    for (;;) {
      const mark = ring.spaceMark;
      if (over) return;
      if (ring.push(frame, [id, 0, 0, 0])) break;
      await ring.waitForSpace(mark);
    }
    if (awake) return;
    awake = true;
    wake();
  };
  const pump = async () => {
    for (let frame = await source.next(); frame !== null; frame = await source.next()) {
      if (over) return;
      if (frame.length === 0 || frame.length > MAXIMUM_FRAME_BYTES) {
        throw new RangeError(`a frame has 1 to ${MAXIMUM_FRAME_BYTES} bytes, not ${frame.length}`);
      }
      await push(frame);
    }
    await push(END_MARKER);
  };
  const onPumpError = async (cause: unknown) => {
    failed = true;
    const text = cause instanceof Error ? cause.message : String(cause);
    if (!over)
      emitter.emit({
        type: "error",
        error: new VoiceError("VOICE_SOURCE_FAILED", `Playing failed: ${text}`, { cause }),
      });
    await push(END_MARKER);
  };
  const closeSource = async () => {
    try {
      await source.close();
    } catch (error) {
      process.emitWarning(`Closing an audio source failed: ${String(error)}`, { code: "ANTIPHON_SOURCE_CLOSE_FAILED" });
    }
  };
  const finish = (reason: PlaybackEndReason) => {
    if (over) return;
    lastPositionMs = positionMs();
    over = true;
    ring.wake();
    void closeSource();
    emitter.emit({ type: "end", reason });
    emitter.close();
    ended.resolve(reason);
  };
  const setPaused = (paused: boolean) => {
    if (over || controls.exchange("paused", paused ? 1 : 0) === (paused ? 1 : 0)) return;
    wake();
  };

  const playback: Playback = {
    on: emitter.on,
    events: emitter.events,
    ended: ended.promise,
    get paused() {
      return !over && controls.load("paused") === 1;
    },
    get positionMs() {
      return positionMs();
    },
    pause: () => setPaused(true),
    resume: () => setPaused(false),
    stop() {
      if (over) return;
      ring.clear();
      finish("stopped");
      wake();
    },
  };
  // Started in a microtask, so that listeners can be added first.
  queueMicrotask(() => void pump().catch(onPumpError));

  return {
    playback,
    onStart: () => emitter.emit({ type: "start" }),
    onEnd: () => finish(failed ? "failed" : "finished"),
    finish,
  };
}

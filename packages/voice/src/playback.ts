import { setImmediate as nextTurn } from "node:timers/promises";
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
  /** A looping playback began anew: the first frame of the next round was sent. */
  | { readonly type: "loop" }
  /** Its source has given nothing for `waitedMs`, though it was asked; it is still waited for, and `stop` ends that. */
  | { readonly type: "stuck"; readonly waitedMs: number }
  /** Nothing was ready to be sent; listeners hear silence until the source gives more. Comes once for each such gap. */
  | { readonly type: "underrun" }
  /** It is over; comes once, after which nothing comes. */
  | { readonly type: "end"; readonly reason: PlaybackEndReason }
  /** Its source failed; `end` with `failed` follows when what was read before has been heard. */
  | { readonly type: "error"; readonly error: VoiceError };

/** One source being played on a connection. */
export interface Playback extends EventSource<PlaybackEvent> {
  /** Whether it is paused. */
  readonly paused: boolean;
  /** Where in its source it is, in milliseconds; pauses and waits do not count. */
  readonly positionMs: number;
  /** Whether it begins anew at its end; may be changed until its source was read to the end. */
  loop: boolean;
  /** Resolves when it is over. */
  readonly ended: Promise<PlaybackEndReason>;
  /** Holds it after the frame being sent; no effect when it is paused, over, or not yet its turn. */
  pause(): void;
  /** Goes on after a pause. */
  resume(): void;
  /**
   * Goes on at another place, in milliseconds; resolves when frames from there are being read.
   *
   * @throws VoiceError VOICE_SEEK_UNSUPPORTED when its source cannot, when it is not its turn, or when the one queued behind it is being read
   */
  seek(positionMs: number): Promise<void>;
  /**
   * Changes the volume evenly over `fadeMs`; heard after what was read ahead, up to 1.3 s later.
   *
   * @throws VoiceError VOICE_VOLUME_UNSUPPORTED when its source cannot
   */
  setVolume(volumePercent: number, options?: { readonly fadeMs?: number | undefined }): void;
  /** Ends it at once, together with what was read ahead. Idempotent. */
  stop(): void;
}

/** Options of {@link createPlayback}. */
export interface PlaybackOptions {
  readonly source: FrameSource;
  readonly loop: boolean;
  /** How long a read of the source may take before it is called stuck, in milliseconds. */
  readonly stuckAfterMs: number;
  readonly ring: FrameRingWriter;
  readonly controls: Controls;
  /** Makes the worker's clock look at ring and controls. */
  readonly wake: () => void;
  /** Gives a number that no other stretch of the connection's audio has, and remembers whose it is. */
  readonly createId: () => number;
  /** Resolves when the playback before has nothing more to write; null when there is none. */
  readonly after: Promise<void> | null;
  /** Whether it is this playback's turn, and whether another waits behind it. */
  readonly place: () => { readonly isCurrent: boolean; readonly isLast: boolean };
}

/** A playback as its connection sees it. */
export interface DrivenPlayback {
  readonly playback: Playback;
  /** Resolves when its last frame was written, or it is over; after a seek another. */
  readonly written: Promise<void>;
  /** The worker sent the first frame of a stretch. */
  onStart(id: number): void;
  /** The worker had nothing to send. */
  onUnderrun(): void;
  /** The worker sent the last frame of a stretch, of so many. */
  onEnd(id: number, playedFrames: number): void;
  /** The worker crashed, and another takes over. */
  onRestart(): void;
  /** Ends it. */
  finish(reason: PlaybackEndReason): void;
}

/** Audio without a jump: from the start, from a seek, or one round of a loop. */
interface Stretch {
  readonly id: number;
  readonly fromMs: number;
  readonly isLoop: boolean;
}

interface Seek {
  readonly toMs: number;
  readonly done: PromiseWithResolvers<void>;
}

/** The longest Opus packet, in bytes (RFC 6716). */
const MAXIMUM_FRAME_BYTES = 1_275;
/** So many frames are read before other work gets its turn. */
const FRAMES_PER_TURN = 8;
const END_MARKER = new Uint8Array(0);

function checkFrame({ length }: Uint8Array): void {
  if (length === 0 || length > MAXIMUM_FRAME_BYTES)
    throw new RangeError(`a frame has 1 to ${MAXIMUM_FRAME_BYTES} bytes, not ${length}`);
}

/** Starts a playback: a pump keeps the ring filled from the source, about 1.2 s ahead of what is heard. */
export function createPlayback(options: PlaybackOptions): DrivenPlayback {
  const { source, stuckAfterMs, ring, controls, wake, createId, after, place } = options;
  const emitter = createEmitter<PlaybackEvent>();
  const ended = Promise.withResolvers<PlaybackEndReason>();
  let written = Promise.withResolvers<void>();
  /** Oldest first; the worker may still be at an older one than what is written. */
  let stretches: Stretch[] = [];
  let seeking: Seek | null = null;
  let atEnd = Promise.withResolvers<void>();
  let { loop } = options;
  let over = false;
  let started = false;
  let failed = false;
  let awake = false;
  let isWritten = false;
  /** The latest known; what is heard now tells more. */
  let lastPositionMs = 0;
  let reading = false;

  const beginStretch = (fromMs: number, isLoop: boolean) => {
    stretches = [...stretches.slice(-2), { id: createId(), fromMs, isLoop }];
  };
  const notePosition = (id: number, playedFrames: number) => {
    const heard = stretches.find((stretch) => stretch.id === id);
    if (heard !== undefined) lastPositionMs = heard.fromMs + playedFrames * source.frameMs;
  };
  const positionMs = () => {
    const id = controls.load("playbackId");
    const playedFrames = controls.load("playedFrames");
    // The worker may have gone on to what follows between the two.
    if (!over && controls.load("playbackId") === id) notePosition(id, playedFrames);
    return lastPositionMs;
  };
  /** Writes a frame, unless a seek makes it useless meanwhile. */
  const push = async (frame: Uint8Array) => {
    const id = stretches.at(-1)?.id ?? 0;
    for (;;) {
      const mark = ring.spaceMark;
      if (over || seeking !== null) return;
      if (ring.push(frame, [id, 0, 0, 0])) break;
      await ring.waitForSpace(mark);
    }
    if (awake) return;
    awake = true;
    wake();
  };
  const goTo = async ({ toMs, done }: Seek) => {
    ring.clear();
    try {
      await source.seek?.(toMs);
    } catch (error) {
      done.reject(error);
      throw error;
    }
    if (over) return;
    seeking = null;
    awake = false;
    atEnd = Promise.withResolvers<void>();
    stretches = [];
    lastPositionMs = toMs;
    beginStretch(toMs, false);
    done.resolve();
  };
  // One timer for all reads: a frame that comes in time only moves it.
  const stuck = setTimeout(() => {
    if (reading && !over) emitter.emit({ type: "stuck", waitedMs: stuckAfterMs });
  }, stuckAfterMs).unref();
  const readSource = async (): Promise<Uint8Array | null> => {
    reading = true;
    stuck.refresh();
    try {
      return await source.next();
    } finally {
      reading = false;
    }
  };
  /** The next frame; null at the end of what is played. */
  const read = async (): Promise<Uint8Array | null> => {
    const frame = await readSource();
    if (frame !== null || !loop || over || source.seek === undefined) return frame;
    await source.seek(0);
    beginStretch(0, true);
    return readSource();
  };
  const isInterrupted = () => over || seeking !== null;
  /** Writes what there is up to the end or a seek. */
  const writeAll = async () => {
    for (let frames = 1; !isInterrupted(); frames++) {
      // A source that has all at hand is read in microtasks only, which would keep timers and sockets waiting.
      if (frames % FRAMES_PER_TURN === 0) await nextTurn();
      const frame = await read();
      if (isInterrupted()) return;
      if (frame === null) return writeEnd();
      checkFrame(frame);
      await push(frame);
    }
  };
  const writeEnd = async () => {
    await push(END_MARKER);
    if (isInterrupted()) return;
    // From here on another playback may write, unless a seek comes first.
    isWritten = true;
    written.resolve();
    await atEnd.promise;
  };
  const pump = async () => {
    await after;
    if (over) return;
    beginStretch(0, false);
    for (;;) {
      await writeAll();
      if (over) return;
      if (seeking !== null) await goTo(seeking);
    }
  };
  const onPumpError = async (cause: unknown) => {
    failed = true;
    seeking = null;
    const text = cause instanceof Error ? cause.message : String(cause);
    if (!over)
      emitter.emit({
        type: "error",
        error: new VoiceError("VOICE_SOURCE_FAILED", `Playing failed: ${text}`, { cause }),
      });
    await push(END_MARKER);
    isWritten = true;
    written.resolve();
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
    positionMs();
    over = true;
    clearTimeout(stuck);
    ring.wake();
    atEnd.resolve();
    written.resolve();
    seeking?.done.resolve();
    void closeSource();
    emitter.emit({ type: "end", reason });
    emitter.close();
    ended.resolve(reason);
  };
  const setPaused = (paused: boolean) => {
    if (over || !place().isCurrent) return;
    if (controls.exchange("paused", paused ? 1 : 0) !== (paused ? 1 : 0)) wake();
  };
  const seek = (toMs: number): Promise<void> => {
    if (!(toMs >= 0 && Number.isFinite(toMs)))
      throw new RangeError(`seek: the position must be 0 or more, not ${toMs}`);
    const { isCurrent, isLast } = place();
    if (over || failed || source.seek === undefined || !isCurrent || (isWritten && !isLast)) {
      const why = source.seek === undefined ? "its source has no seek" : "it is not, or no longer, being read";
      return Promise.reject(new VoiceError("VOICE_SEEK_UNSUPPORTED", `The playback cannot go to ${toMs} ms: ${why}.`));
    }
    seeking?.done.resolve();
    seeking = { toMs, done: Promise.withResolvers<void>() };
    // What is queued from now on has to wait again.
    if (isWritten) written = Promise.withResolvers();
    isWritten = false;
    ring.wake();
    atEnd.resolve();
    return seeking.done.promise;
  };

  const playback: Playback = {
    on: emitter.on,
    events: emitter.events,
    ended: ended.promise,
    get paused() {
      return !over && place().isCurrent && controls.load("paused") === 1;
    },
    get positionMs() {
      return positionMs();
    },
    get loop() {
      return loop;
    },
    set loop(next) {
      loop = next;
    },
    pause: () => setPaused(true),
    resume: () => setPaused(false),
    seek: async (toMs) => seek(toMs),
    setVolume(volumePercent, volumeOptions) {
      if (source.setVolume === undefined)
        throw new VoiceError("VOICE_VOLUME_UNSUPPORTED", "The volume cannot be changed: the source has no setVolume.");
      source.setVolume(volumePercent, volumeOptions);
    },
    stop() {
      if (over) return;
      const ids = new Set(stretches.map(({ id }) => id));
      const { isCurrent, isLast } = place();
      if (isCurrent && isLast) ring.clear();
      else ring.cancel((id) => ids.has(id));
      finish("stopped");
      wake();
    },
  };
  // Started in a microtask, so that listeners can be added first.
  queueMicrotask(() => void pump().catch(onPumpError));

  return {
    playback,
    get written() {
      return written.promise;
    },
    onStart(id) {
      const stretch = stretches.find((each) => each.id === id);
      if (!started) emitter.emit({ type: "start" });
      else if (stretch?.isLoop === true) emitter.emit({ type: "loop" });
      started = true;
    },
    onUnderrun() {
      if (!over) emitter.emit({ type: "underrun" });
    },
    onEnd(id, playedFrames) {
      // The end of what a seek has left meanwhile is none.
      if (over || seeking !== null || stretches.every((stretch) => stretch.id !== id)) return;
      notePosition(id, playedFrames);
      finish(failed ? "failed" : "finished");
    },
    onRestart() {
      // The end had been read, and its report was lost with the worker.
      if (isWritten && ring.isEmpty && place().isCurrent) finish(failed ? "failed" : "finished");
    },
    finish,
  };
}

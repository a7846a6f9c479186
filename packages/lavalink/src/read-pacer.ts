import type { Clock, Timer } from "@antiphon/std";

/** What a {@link ReadPacer} is built from. */
export interface ReadPacerOptions {
  readonly socket: { pause(): void; resume(): void };
  readonly clock: Clock;
}

/**
 * Lets a flooded socket gather for a moment. Waking up for a few frames costs many times what reading them does, so while frames come in
 * quick succession they are read together, some three milliseconds late at most. A socket on which little happens is never held up.
 */
export interface ReadPacer {
  /** A frame came that can wait a little. */
  frameRead(): void;
  stop(): void;
}

/** Two reads closer to each other than this are the beginning of a flood. */
const FLOOD_GAP_MS = 1;
const GATHER_MS = 2;
/** A read that brought so many frames was worth waking up for, and more of them may wait already. */
const LARGE_READ_FRAMES = 64;

/** Builds a {@link ReadPacer}. */
export function createReadPacer({ socket, clock }: ReadPacerOptions): ReadPacer {
  let frames = 0;
  let sinceMs = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;

  const gathered = () => {
    timer = undefined;
    sinceMs = clock.monotonicMs();
    socket.resume();
  };
  const endRead = () => {
    const nowMs = clock.monotonicMs();
    const isFlood = nowMs - sinceMs < FLOOD_GAP_MS && frames < LARGE_READ_FRAMES;
    frames = 0;
    sinceMs = nowMs;
    if (!isFlood || timer !== undefined) return;
    socket.pause();
    // A paused socket alone would not keep the process alive.
    timer = clock.setTimer(GATHER_MS, gathered);
  };
  return {
    frameRead() {
      // All frames of one read come in one turn, so the turn's end is the read's.
      if (frames++ === 0) queueMicrotask(endRead);
    },
    stop() {
      timer?.cancel();
    },
  };
}

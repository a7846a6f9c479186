import type { Clock } from "@antiphon/std";

/** The most frames that a client sends in a minute, heartbeats included. @see [Discord Docs/Gateway#Rate Limiting] */
const FRAMES_PER_WINDOW = 120;
const WINDOW_MS = 60_000;

/** Gives a function that counts a frame and says whether it is still within the limit of any minute. */
export function createFrameBudget(clock: Clock): () => boolean {
  const sentAtMs: number[] = [];
  return () => {
    const nowMs = clock.now();
    while ((sentAtMs[0] ?? nowMs) <= nowMs - WINDOW_MS) sentAtMs.shift();
    sentAtMs.push(nowMs);
    return sentAtMs.length <= FRAMES_PER_WINDOW;
  };
}

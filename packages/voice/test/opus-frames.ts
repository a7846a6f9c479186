import { createSeededRandom } from "@antiphon/std";
import type { FrameSource } from "@antiphon/voice";

/** Frames that stand for Opus: different in length and content, and never mistaken for silence or an encrypted frame. */
export function opusFrames(count: number, seed = 1): Uint8Array[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, () => {
    const frame = Uint8Array.from({ length: random.integer(20, 300) }, () => random.integer(0, 255));
    frame[0] = 0xfc;
    frame[frame.length - 1] = 0x01;
    return frame;
  });
}

/** A source that has all its frames at hand. */
export function sourceOf(frames: readonly Uint8Array[]): FrameSource & { readonly closed: boolean } {
  let index = 0;
  let closed = false;
  return {
    frameMs: 20,
    next: () => Promise.resolve(frames[index++] ?? null),
    close() {
      closed = true;
    },
    get closed() {
      return closed;
    },
  };
}

/** Frames without silences, as text that compares well. */
export function spoken(frames: readonly (Uint8Array | { readonly opus: Uint8Array })[]): string[] {
  return frames
    .map((frame) => ("opus" in frame ? frame.opus : frame))
    .filter((opus) => opus.length !== 3)
    .map((opus) => Buffer.from(opus).toString("hex"));
}

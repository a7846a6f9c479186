import { withSignal } from "@antiphon/std";
import type { Listener } from "../listener.ts";

/** Samples a second of what arrives. */
export const HEARD_SAMPLE_RATE_HZ = 48_000;
/** One minute; the tour never needs more. */
const CAPACITY_SAMPLES = HEARD_SAMPLE_RATE_HZ * 60;

/** Keeps what one person sends, mixed down to one channel. */
export interface Ear extends Disposable {
  /** How many samples have arrived since the beginning. */
  readonly samples: number;
  /** Waits until `durationMs` more have arrived and gives them, from -1 to 1. */
  hear(durationMs: number, signal: AbortSignal): Promise<Float32Array>;
  /** What has arrived since the sample count `from`. */
  since(from: number): Float32Array;
}

/** Listens to one person; `userId` is theirs. */
export function createEar(listener: Listener, userId: string): Ear {
  const ring = new Float32Array(CAPACITY_SAMPLES);
  let count = 0;
  let waiting: { readonly until: number; readonly resolve: () => void } | undefined;

  const subscription = listener.on("frame", (frame) => {
    if (frame.userId !== userId) return;
    const pcm = new Int16Array(frame.pcm.buffer, frame.pcm.byteOffset, frame.pcm.byteLength / 2);
    for (let index = 0; index + 1 < pcm.length; index += 2) {
      ring[count++ % CAPACITY_SAMPLES] = ((pcm[index] ?? 0) + (pcm[index + 1] ?? 0)) / 65_536;
    }
    if (waiting !== undefined && count >= waiting.until) waiting.resolve();
  });
  const since = (from: number) =>
    Float32Array.from(
      { length: Math.min(count - from, CAPACITY_SAMPLES) },
      (_, index) => ring[(from + index) % CAPACITY_SAMPLES] ?? 0,
    );

  return {
    get samples() {
      return count;
    },
    async hear(durationMs, signal) {
      const from = count;
      const length = Math.round((durationMs / 1000) * HEARD_SAMPLE_RATE_HZ);
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting = { until: from + length, resolve };
      try {
        await withSignal(promise, signal);
      } catch (cause) {
        throw new Error(
          `of ${durationMs} ms of audio only ${Math.round(((count - from) / HEARD_SAMPLE_RATE_HZ) * 1000)} ms arrived`,
          { cause },
        );
      }
      return since(from).subarray(0, length);
    },
    since,
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}

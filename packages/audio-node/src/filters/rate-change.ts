import { SAMPLE_RATE_HZ, type SoundFilter } from "./sound-filter.ts";
import { join, type TimeStretch } from "./time-stretch.ts";

/** How much of the band is kept below what a faster rate would fold back. */
const KEPT_SHARE = 0.45;

/** A low pass of the fourth order (Butterworth): what a faster rate would lift above half the sample rate must be gone before. */
function createAntiAlias(cutoffHz: number): SoundFilter {
  const omega = (2 * Math.PI * cutoffHz) / SAMPLE_RATE_HZ;
  const sections = [0.541_196_1, 1.306_563].map((q) => {
    const alpha = Math.sin(omega) / (2 * q);
    const cosine = Math.cos(omega);
    const norm = 1 + alpha;
    return {
      b: (1 - cosine) / 2 / norm,
      a1: (-2 * cosine) / norm,
      a2: (1 - alpha) / norm,
      first: [0, 0],
      second: [0, 0],
    };
  });
  return {
    process(samples) {
      for (const { b, a1, a2, first, second } of sections) {
        for (let index = 0; index < samples.length; index++) {
          const channel = index & 1;
          const input = samples[index] as number;
          const output = b * input + (first[channel] as number);
          first[channel] = 2 * b * input - a1 * output + (second[channel] as number);
          second[channel] = b * input - a2 * output;
          samples[index] = output;
        }
      }
    },
  };
}

/**
 * Builds what changes speed and pitch together, `ratio` times as fast and as high, by reading between the samples along cubic curves.
 *
 * @see Niemitalo, "Polynomial Interpolators for High-Quality Resampling of Oversampled Audio" (4-point, 3rd-order Hermite)
 */
export function createRateChange(ratio: number): TimeStretch {
  const antiAlias = ratio > 1 ? createAntiAlias((SAMPLE_RATE_HZ * KEPT_SHARE) / ratio) : undefined;
  let held: Float32Array<ArrayBuffer> = new Float32Array(2);
  /** Where the next sample is read, in samples of `held`; the curve needs one before and two after. */
  let place = 1;
  const push = (input: Float32Array) => {
    const samples = input.slice();
    antiAlias?.process(samples);
    held = join([held, samples]);
    const count = Math.max(0, Math.ceil((held.length / 2 - 2 - place) / ratio));
    const output = new Float32Array(count * 2);
    for (let index = 0; index < count; index++, place += ratio) {
      const base = Math.floor(place);
      const share = place - base;
      for (let channel = 0; channel < 2; channel++) {
        const at = (offset: number) => held[(base + offset) * 2 + channel] as number;
        const [before, left, right, after] = [at(-1), at(0), at(1), at(2)];
        const slope = (right - before) / 2;
        const curve = before - 2.5 * left + 2 * right - after / 2;
        const twist = (after - before) / 2 + 1.5 * (left - right);
        output[index * 2 + channel] = ((twist * share + curve) * share + slope) * share + left;
      }
    }
    const dropped = Math.min(Math.floor(place) - 1, held.length / 2);
    held = held.slice(dropped * 2);
    place -= dropped;
    return output;
  };
  return { push, flush: () => push(new Float32Array(4)) };
}

import { createPowerSpectrum, nearestPowerOfTwo } from "./fourier.ts";

/** The names of the twelve pitch classes. */
export const pitchClasses = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"] as const;

/** One of {@link pitchClasses}. */
export type PitchClass = (typeof pitchClasses)[number];

/** The key of music. */
export interface MusicalKey {
  readonly tonic: PitchClass;
  readonly mode: "major" | "minor";
  /** How far ahead of the next key it is, from 0 to 1. */
  readonly confidence: number;
}

/** How well listeners find that each pitch class fits a key, from its tonic upwards. @see Krumhansl and Kessler, 1982 */
const profiles = {
  major: [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
  minor: [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
} as const;

const FRAME_SECONDS = 0.37;
const LOWEST_HZ = 55;
const HIGHEST_HZ = 2_000;
const CONCERT_PITCH_HZ = 440;
/** A profile that fits worse than this is no key. */
const LEAST_CORRELATION = 0.5;

/** Finds the key by the pitch classes that sound; undefined when none fits. */
export function findKey(mono: Float32Array, sampleRateHz: number): MusicalKey | undefined {
  const chroma = chromaOf(mono, sampleRateHz);
  const keys = (["major", "minor"] as const).flatMap((mode) =>
    pitchClasses.map((tonic, shift) => {
      const turned = pitchClasses.map((_, index) => chroma[(index + shift) % 12] ?? 0);
      return { tonic, mode, fit: pearson(turned, profiles[mode]) };
    }),
  );
  const [best, next] = keys.toSorted((left, right) => right.fit - left.fit);
  if (best === undefined || next === undefined || !(best.fit >= LEAST_CORRELATION)) return undefined;
  return { tonic: best.tonic, mode: best.mode, confidence: Math.min(1, best.fit - next.fit) };
}

/** How strongly each pitch class sounds, by the peaks of the spectrum. */
function chromaOf(mono: Float32Array, sampleRateHz: number): Float64Array {
  const size = nearestPowerOfTwo(sampleRateHz * FRAME_SECONDS);
  const spectrum = createPowerSpectrum(size);
  const chroma = new Float64Array(12);
  const [first, last] = [LOWEST_HZ, HIGHEST_HZ].map((hz) => Math.round((hz * size) / sampleRateHz));
  for (let begin = 0; begin + size <= mono.length; begin += size / 2) {
    const power = spectrum.compute(mono, begin);
    for (let bin = first ?? 0; bin <= (last ?? 0); bin++) {
      const [left, middle, right] = [power[bin - 1] ?? 0, power[bin] ?? 0, power[bin + 1] ?? 0];
      if (middle <= left || middle < right || middle < 1e-6) continue;
      const hz = ((bin + peakOffset(left, middle, right)) * sampleRateHz) / size;
      const semitones = Math.round(12 * Math.log2(hz / CONCERT_PITCH_HZ)) + 9;
      const pitchClass = ((semitones % 12) + 12) % 12;
      chroma[pitchClass] = (chroma[pitchClass] as number) + Math.sqrt(middle);
    }
  }
  return chroma;
}

/** Where between three bins the top of a peak lies, on a scale of decibels. */
function peakOffset(left: number, middle: number, right: number): number {
  const [low, top, high] = [left, middle, right].map((power) => Math.log(power + 1e-12)) as [number, number, number];
  return (0.5 * (low - high)) / (low - 2 * top + high);
}

/** Correlation; NaN when one of both does not vary. */
function pearson(left: readonly number[], right: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [leftMean, rightMean] = [mean(left), mean(right)];
  let [product, leftSquare, rightSquare] = [0, 0, 0];
  for (const [index, value] of left.entries()) {
    const [one, other] = [value - leftMean, (right[index] ?? 0) - rightMean];
    product += one * other;
    leftSquare += one * one;
    rightSquare += other * other;
  }
  return product / Math.sqrt(leftSquare * rightSquare);
}

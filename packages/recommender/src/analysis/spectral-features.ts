import { createPowerSpectrum, nearestPowerOfTwo } from "./fourier.ts";

/** What the spectrum of sound is like, as means over its audible frames. */
export interface SpectralFeatures {
  /** The centre of the spectrum's magnitude, in Hz: how bright. */
  readonly centroidHz: number;
  /** Below this lie 85 % of the power, in Hz. */
  readonly rolloffHz: number;
  /** From 0, a pure tone, to about 0.56, white noise. */
  readonly flatnessRatio: number;
  /** Changes of sign in a second. */
  readonly zeroCrossingsPerSecond: number;
  /** The root of the mean square, in dB of full scale. */
  readonly rmsDbfs: number;
}

const FRAME_SECONDS = 0.046;
const ROLLOFF_SHARE = 0.85;
/** Power in a frame below which nothing is heard: -80 dB of full scale. */
const AUDIBLE_POWER = 1e-8;

/** Measures spectral features of one channel; undefined for silence. */
export function measureSpectrum(mono: Float32Array, sampleRateHz: number): SpectralFeatures | undefined {
  const size = nearestPowerOfTwo(sampleRateHz * FRAME_SECONDS);
  const spectrum = createPowerSpectrum(size);
  const binHz = sampleRateHz / size;
  const sums = { centroidHz: 0, rolloffHz: 0, flatness: 0, frames: 0 };
  for (let begin = 0; begin + size <= mono.length; begin += size / 2) {
    if (powerOf(mono, begin, begin + size) < AUDIBLE_POWER) continue;
    const power = spectrum.compute(mono, begin);
    sums.frames++;
    sums.centroidHz += centroidBin(power) * binHz;
    sums.rolloffHz += rolloffBin(power) * binHz;
    sums.flatness += flatness(power);
  }
  if (sums.frames === 0) return undefined;
  return {
    centroidHz: sums.centroidHz / sums.frames,
    rolloffHz: sums.rolloffHz / sums.frames,
    flatnessRatio: sums.flatness / sums.frames,
    zeroCrossingsPerSecond: (zeroCrossings(mono) / mono.length) * sampleRateHz,
    rmsDbfs: 10 * Math.log10(powerOf(mono, 0, mono.length)),
  };
}

function powerOf(mono: Float32Array, begin: number, end: number): number {
  let sum = 0;
  for (let index = begin; index < end; index++) sum += (mono[index] as number) ** 2;
  return sum / (end - begin);
}

function zeroCrossings(mono: Float32Array): number {
  let count = 0;
  for (let index = 1; index < mono.length; index++)
    if ((mono[index] as number) >= 0 !== (mono[index - 1] as number) >= 0) count++;
  return count;
}

function centroidBin(power: Float64Array): number {
  let [weighted, total] = [0, 0];
  for (let bin = 1; bin < power.length; bin++) {
    const magnitude = Math.sqrt(power[bin] as number);
    weighted += bin * magnitude;
    total += magnitude;
  }
  return weighted / total;
}

function rolloffBin(power: Float64Array): number {
  const goal = power.reduce((sum, value) => sum + value, 0) * ROLLOFF_SHARE;
  let sum = 0;
  const found = power.findIndex((value) => (sum += value) >= goal);
  return found === -1 ? power.length - 1 : found;
}

/** The geometric mean beside the arithmetic one. */
function flatness(power: Float64Array): number {
  const floor = 1e-12;
  let [logs, total] = [0, 0];
  for (let bin = 1; bin < power.length - 1; bin++) {
    logs += Math.log((power[bin] as number) + floor);
    total += (power[bin] as number) + floor;
  }
  const count = power.length - 2;
  return Math.exp(logs / count) / (total / count);
}

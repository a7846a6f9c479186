import { createPowerSpectrum, nearestPowerOfTwo } from "./fourier.ts";

/** How fast music is. */
export interface Tempo {
  /** Beats in a minute, from 50 to 210. */
  readonly beatsPerMinute: number;
  /** How regular the beat is, from 0 to 1. */
  readonly confidence: number;
}

const FRAME_SECONDS = 0.023;
const HOPS_PER_FRAME = 4;
const LOWEST_BPM = 50;
const HIGHEST_BPM = 210;
/** Where people tap, and how freely: in octaves around it. */
const PREFERRED_BPM = 120;
const PREFERENCE_OCTAVES = 1.4;
/** So much of the slower beat's strength makes the beat twice as fast the one that is meant. */
const FASTER_SHARE = 0.85;
/** Less regular than this is no beat. */
const LEAST_CONFIDENCE = 0.1;
/** Where the spectrum changes less than this, nothing begins: a steady tone shows a thousandth of it. */
const LEAST_ONSET_POWER = 1e-5;
/** The period is measured over so many beats, for precision. */
const MEASURED_BEATS = 8;

/**
 * Finds the tempo by the periodicity of onsets; undefined when there is no beat.
 *
 * @see Ellis: "Beat Tracking by Dynamic Programming", 2007, for the onsets and the preference
 */
export function findTempo(mono: Float32Array, sampleRateHz: number): Tempo | undefined {
  const size = nearestPowerOfTwo(sampleRateHz * FRAME_SECONDS);
  const hop = size / HOPS_PER_FRAME;
  const onsets = onsetStrength(mono, size, hop);
  const hopsPerMinute = (60 * sampleRateHz) / hop;
  const [shortest, longest] = [Math.floor(hopsPerMinute / HIGHEST_BPM), Math.ceil(hopsPerMinute / LOWEST_BPM)];
  if (onsets.length < 2 * longest) return undefined;
  const energy = correlation(onsets, 0);
  if (energy < LEAST_ONSET_POWER) return undefined;
  const strengthAt = (lag: number) => correlation(onsets, lag) / energy;
  const strengths = new Map<number, number>();
  for (let lag = Math.floor(shortest / 2); lag <= longest; lag++) strengths.set(lag, strengthAt(lag));

  const preferred = (lag: number) => {
    const octaves = Math.log2(hopsPerMinute / lag / PREFERRED_BPM) / PREFERENCE_OCTAVES;
    return Math.exp(-0.5 * octaves * octaves);
  };
  let best = shortest;
  for (let lag = shortest; lag <= longest; lag++)
    if ((strengths.get(lag) ?? 0) * preferred(lag) > (strengths.get(best) ?? 0) * preferred(best)) best = lag;
  const faster = strongestNear(best / 2, 2, strengths);
  const isFaster = faster >= shortest && (strengths.get(faster) ?? 0) >= FASTER_SHARE * (strengths.get(best) ?? 0);
  const lag = isFaster ? faster : best;
  const confidence = Math.min(1, strengths.get(lag) ?? 0);
  if (confidence < LEAST_CONFIDENCE) return undefined;
  return { beatsPerMinute: hopsPerMinute / exactPeriod(lag, onsets.length, strengthAt), confidence };
}

/** How much louder the spectrum becomes at each hop, on a scale of loudness, without the slow changes. */
function onsetStrength(mono: Float32Array, size: number, hop: number): Float64Array {
  const level = Math.sqrt(mono.reduce((sum, sample) => sum + sample * sample, 0) / (mono.length || 1));
  // Soft music is brought to the level of loud music; what is softer than this is silence.
  const gain = level < 1e-5 ? 0 : 25 / level;
  const spectrum = createPowerSpectrum(size);
  const frames = Math.max(0, Math.floor((mono.length - size) / hop) + 1);
  const onsets = new Float64Array(frames);
  let before = new Float64Array(size / 2 + 1);
  for (let frame = 0; frame < frames; frame++) {
    const now = spectrum.compute(mono, frame * hop).map((power) => Math.log1p((gain * Math.sqrt(power)) / size));
    let rise = 0;
    for (let bin = 0; bin < now.length; bin++) rise += Math.max(0, (now[bin] as number) - (before[bin] as number));
    onsets[frame] = frame === 0 ? 0 : rise / now.length;
    before = now;
  }
  const mean = onsets.reduce((sum, value) => sum + value, 0) / (frames || 1);
  return onsets.map((value) => value - mean);
}

function correlation(values: Float64Array, lag: number): number {
  let sum = 0;
  for (let index = lag; index < values.length; index++)
    sum += (values[index] as number) * (values[index - lag] as number);
  return sum / (values.length - lag);
}

function strongestNear(centre: number, reach: number, strengths: ReadonlyMap<number, number>): number {
  let best = Math.round(centre);
  for (let lag = Math.ceil(centre - reach); lag <= centre + reach; lag++)
    if ((strengths.get(lag) ?? 0) > (strengths.get(best) ?? 0)) best = lag;
  return best;
}

/** Follows a period to its multiples, where a whole hop is a smaller part of it, and then between the hops. */
function exactPeriod(lag: number, length: number, strengthAt: (lag: number) => number): number {
  let period = lag;
  for (let beats = 1; beats <= MEASURED_BEATS && period * (beats + 1) < length; beats *= 2) {
    const centre = Math.round(period * beats);
    const near = new Map<number, number>();
    for (let each = centre - 3; each <= centre + 3; each++) near.set(each, strengthAt(each));
    const top = strongestNear(centre, 2, near);
    const [left, middle, right] = [near.get(top - 1) ?? 0, near.get(top) ?? 0, near.get(top + 1) ?? 0];
    const bend = left - 2 * middle + right;
    period = (top + (bend < 0 ? (0.5 * (left - right)) / bend : 0)) / beats;
  }
  return period;
}

import type { PcmAudio } from "./pcm-audio.ts";
import { truePeakOf } from "./true-peak.ts";

/** How loud sound is. */
export interface Loudness {
  /** Gated loudness of the whole, in LUFS; undefined for silence and for less than 400 ms. */
  readonly integratedLufs: number | undefined;
  /** Loudness of the loudest 400 ms, in LUFS; undefined for silence and for less than 400 ms. */
  readonly maximumMomentaryLufs: number | undefined;
  /** How far soft and loud parts lie apart, in LU; undefined for silence and for less than 3 s. */
  readonly rangeLu: number | undefined;
  /** The highest level between the samples, in dB of full scale; undefined for silence. */
  readonly truePeakDbfs: number | undefined;
}

/** Blocks advance by this much; 400 ms and 3 s are whole numbers of it. */
const STEP_SECONDS = 0.1;
const MOMENTARY_STEPS = 4;
const SHORT_TERM_STEPS = 30;
const ABSOLUTE_GATE_LUFS = -70;
const INTEGRATED_GATE_LU = 10;
const RANGE_GATE_LU = 20;

const toLufs = (power: number) => -0.691 + 10 * Math.log10(power);
const toPower = (lufs: number) => 10 ** ((lufs + 0.691) / 10);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Measures loudness.
 *
 * @see Recommendation ITU-R BS.1770-5; EBU R 128; EBU Tech 3341 and 3342
 */
export function measureLoudness(audio: PcmAudio): Loudness {
  const steps = weightedSteps(audio);
  const momentary = blocks(steps, MOMENTARY_STEPS);
  const loudest = Math.max(0, ...momentary);
  const peak = Math.max(0, ...audio.channels.map(truePeakOf));
  return {
    integratedLufs: integrated(momentary),
    maximumMomentaryLufs: loudest > 0 ? toLufs(loudest) : undefined,
    rangeLu: range(blocks(steps, SHORT_TERM_STEPS)),
    truePeakDbfs: peak > 0 ? 20 * Math.log10(peak) : undefined,
  };
}

/** Surround channels count more, low frequencies not at all. */
function channelWeight(channel: number, channelCount: number): number {
  const hasLowFrequencies = channelCount >= 6;
  if (hasLowFrequencies && channel === 3) return 0;
  return channel >= (hasLowFrequencies ? 4 : 3) ? 1.41 : 1;
}

/** The weighted power of each step, over all channels. */
function weightedSteps({ sampleRateHz, channels }: PcmAudio): Float64Array {
  const stepSamples = Math.round(sampleRateHz * STEP_SECONDS);
  const steps = new Float64Array(Math.floor((channels[0]?.length ?? 0) / stepSamples));
  for (const [index, channel] of channels.entries()) {
    const weight = channelWeight(index, channels.length);
    if (weight === 0) continue;
    const filter = createWeighting(sampleRateHz);
    for (let step = 0; step < steps.length; step++) {
      let sum = 0;
      for (let sample = step * stepSamples; sample < (step + 1) * stepSamples; sample++)
        sum += filter(channel[sample] as number) ** 2;
      steps[step] = (steps[step] as number) + (weight * sum) / stepSamples;
    }
  }
  return steps;
}

/** The mean power of each block of so many steps; blocks begin at every step. */
function blocks(steps: Float64Array, length: number): number[] {
  return Array.from({ length: Math.max(0, steps.length - length + 1) }, (_, begin) =>
    mean([...steps.subarray(begin, begin + length)]),
  );
}

function integrated(momentary: readonly number[]): number | undefined {
  const audible = momentary.filter((power) => power > toPower(ABSOLUTE_GATE_LUFS));
  if (audible.length === 0) return undefined;
  const gate = toPower(toLufs(mean(audible)) - INTEGRATED_GATE_LU);
  return toLufs(mean(audible.filter((power) => power > gate)));
}

function range(shortTerm: readonly number[]): number | undefined {
  const audible = shortTerm.filter((power) => power > toPower(ABSOLUTE_GATE_LUFS));
  if (audible.length === 0) return undefined;
  const gate = toPower(toLufs(mean(audible)) - RANGE_GATE_LU);
  const levels = audible
    .filter((power) => power > gate)
    .map(toLufs)
    .toSorted((left, right) => left - right);
  const at = (share: number) => levels[Math.round((levels.length - 1) * share)] ?? 0;
  return at(0.95) - at(0.1);
}

/** The head's shelf and the high pass, for any sample rate: the analogue filters behind the recommendation's 48 kHz figures. */
function createWeighting(sampleRateHz: number): (sample: number) => number {
  const shelf = shelfCoefficients(sampleRateHz);
  const pass = passCoefficients(sampleRateHz);
  const [first, second] = [createBiquad(shelf), createBiquad(pass)];
  return (sample) => second(first(sample));
}

interface Biquad {
  readonly forward: readonly [number, number, number];
  readonly back: readonly [number, number];
}

function shelfCoefficients(sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * 1_681.974450955533) / sampleRateHz);
  const q = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const scale = 1 + k / q + k * k;
  return {
    forward: [
      (high + (band * k) / q + k * k) / scale,
      (2 * (k * k - high)) / scale,
      (high - (band * k) / q + k * k) / scale,
    ],
    back: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale],
  };
}

function passCoefficients(sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRateHz);
  const q = 0.5003270373238773;
  const scale = 1 + k / q + k * k;
  return { forward: [1, -2, 1], back: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale] };
}

function createBiquad({ forward: [b0, b1, b2], back: [a1, a2] }: Biquad): (sample: number) => number {
  let [first, second] = [0, 0];
  return (sample) => {
    const result = b0 * sample + first;
    first = b1 * sample - a1 * result + second;
    second = b2 * sample - a2 * result;
    return result;
  };
}

import type { EqualizerBand } from "@antiphon/protocol/lavalink";
import { SAMPLE_RATE_HZ, type SoundFilter } from "./sound-filter.ts";

/** The middle of each band; two thirds of an octave lie between neighbours. @see lavaplayer, Equalizer */
const BAND_HZ = [25, 40, 63, 100, 160, 250, 400, 630, 1000, 1600, 2500, 4000, 6300, 10_000, 16_000] as const;
/** As wide as the distance of the bands, by the definition of a peaking filter's bandwidth. */
const BANDWIDTH_OCTAVES = 2 / 3;
/** What a gain of -0.25 leaves of a band: little enough to be called silent, and still a filter. */
const LEAST_AMPLITUDE = 0.01;

/** A gain of 1 doubles a band, 0 leaves it, -0.25 silences it; what lies between is drawn evenly. */
function amplitudeOf(gain: number): number {
  return Math.max(LEAST_AMPLITUDE, gain >= 0 ? 1 + gain : 1 + gain * 4);
}

/** A second-order section for one channel after the other. */
function createPeak(frequencyHz: number, amplitude: number): SoundFilter {
  // Audio EQ Cookbook, "peakingEQ": A is the square root of the amplitude at the middle.
  const a = Math.sqrt(amplitude);
  const omega = (2 * Math.PI * frequencyHz) / SAMPLE_RATE_HZ;
  const alpha = Math.sin(omega) * Math.sinh(((Math.LN2 / 2) * BANDWIDTH_OCTAVES * omega) / Math.sin(omega));
  const norm = 1 + alpha / a;
  const b0 = (1 + alpha * a) / norm;
  const b1 = (-2 * Math.cos(omega)) / norm;
  const b2 = (1 - alpha * a) / norm;
  const a2 = (1 - alpha / a) / norm;
  // Two states per channel, transposed direct form II; b1 and a1 are the same in a peaking filter.
  const first = [0, 0];
  const second = [0, 0];
  return {
    process(samples) {
      for (let index = 0; index < samples.length; index++) {
        const channel = index & 1;
        const input = samples[index] as number;
        const output = b0 * input + (first[channel] as number);
        first[channel] = b1 * input - b1 * output + (second[channel] as number);
        second[channel] = b2 * input - a2 * output;
        samples[index] = output;
      }
    },
  };
}

/** Builds an equalizer out of one peaking filter per band that is raised or lowered. @see Bristow-Johnson, "Audio EQ Cookbook" */
export function createEqualizer(bands: readonly EqualizerBand[]): SoundFilter | undefined {
  // A band that is named twice has the last gain, as in Lavalink.
  const gains = new Map(bands.map(({ band, gain }) => [band, gain]));
  const peaks = [...gains]
    .filter(([, gain]) => gain !== 0)
    .map(([band, gain]) => createPeak(BAND_HZ[band] ?? SAMPLE_RATE_HZ / 4, amplitudeOf(gain)));
  if (peaks.length === 0) return undefined;
  return { process: (samples) => peaks.forEach((peak) => peak.process(samples)) };
}

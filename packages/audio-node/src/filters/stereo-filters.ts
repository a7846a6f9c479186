import type { Filters } from "@antiphon/protocol/lavalink";
import { SAMPLE_RATE_HZ, type SoundFilter } from "./sound-filter.ts";

/** Calls `change` for every pair of samples; it writes what it makes of them back itself. */
function eachPair(samples: Float32Array, change: (left: number, right: number, index: number) => void): void {
  for (let index = 0; index + 1 < samples.length; index += 2) {
    change(samples[index] as number, samples[index + 1] as number, index);
  }
}

/** Mixes the channels: how much of each goes into each. */
export function createChannelMix(options: NonNullable<Filters["channelMix"]>): SoundFilter {
  const { leftToLeft = 1, leftToRight = 0, rightToLeft = 0, rightToRight = 1 } = options;
  return {
    process: (samples) =>
      eachPair(samples, (left, right, index) => {
        samples[index] = left * leftToLeft + right * rightToLeft;
        samples[index + 1] = left * leftToRight + right * rightToRight;
      }),
  };
}

/** Takes away what both channels share, which is mostly the voice, and gives back as mono what lies around `filterBand`. */
export function createKaraoke(options: NonNullable<Filters["karaoke"]>): SoundFilter {
  const { level = 1, monoLevel = 1, filterBand = 220, filterWidth = 100 } = options;
  // A band pass around the bass, so that drums and bass stay. @see lavaplayer natives, karaoke
  const c = Math.exp((-2 * Math.PI * filterWidth) / SAMPLE_RATE_HZ);
  const b = ((-4 * c) / (1 + c)) * Math.cos((2 * Math.PI * filterBand) / SAMPLE_RATE_HZ);
  const a = Math.sqrt(Math.max(0, 1 - (b * b) / (4 * c))) * (1 - c);
  let before = 0;
  let beforeThat = 0;
  return {
    process: (samples) =>
      eachPair(samples, (left, right, index) => {
        const bass = a * ((left + right) / 2) - b * before - c * beforeThat;
        beforeThat = before;
        before = bass;
        const kept = bass * monoLevel * level;
        samples[index] = left - right * level + kept;
        samples[index + 1] = right - left * level + kept;
      }),
  };
}

/** Lets the sound go round the listener. */
export function createRotation({ rotationHz = 0 }: NonNullable<Filters["rotation"]>): SoundFilter | undefined {
  if (rotationHz === 0) return undefined;
  const step = (2 * Math.PI * rotationHz) / SAMPLE_RATE_HZ;
  let angle = 0;
  return {
    process: (samples) =>
      eachPair(samples, (left, right, index) => {
        const sine = Math.sin(angle);
        angle = (angle + step) % (2 * Math.PI);
        samples[index] = left * ((sine + 1) / 2);
        samples[index + 1] = right * ((1 - sine) / 2);
      }),
  };
}

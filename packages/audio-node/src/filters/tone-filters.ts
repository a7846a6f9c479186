import type { Filters } from "@antiphon/protocol/lavalink";
import { SAMPLE_RATE_HZ, type SoundFilter } from "./sound-filter.ts";

/** Lets the volume swing between all of it and `1 - depth`. */
export function createTremolo({ frequency = 2, depth = 0.5 }: NonNullable<Filters["tremolo"]>): SoundFilter {
  const step = (2 * Math.PI * frequency) / SAMPLE_RATE_HZ;
  let angle = 0;
  return {
    process(samples) {
      for (let index = 0; index + 1 < samples.length; index += 2) {
        const gain = 1 - (depth * (1 - Math.cos(angle))) / 2;
        angle = (angle + step) % (2 * Math.PI);
        samples[index] = (samples[index] as number) * gain;
        samples[index + 1] = (samples[index + 1] as number) * gain;
      }
    },
  };
}

/** The furthest that a vibrato reaches back, in samples; at 14 Hz that bends a tone by about a quarter. */
const VIBRATO_REACH = Math.round(SAMPLE_RATE_HZ * 0.003);

/** Lets the pitch swing: the sound is read from a delay that grows and shrinks. */
export function createVibrato({ frequency = 2, depth = 0.5 }: NonNullable<Filters["vibrato"]>): SoundFilter {
  const step = (2 * Math.PI * frequency) / SAMPLE_RATE_HZ;
  const length = VIBRATO_REACH * 2 + 4;
  const line = new Float32Array(length * 2);
  let position = 0;
  let angle = 0;
  const read = (delay: number, channel: number): number => {
    const place = (position - delay + length) % length;
    const base = Math.floor(place);
    const share = place - base;
    const one = line[base * 2 + channel] as number;
    const other = line[((base + 1) % length) * 2 + channel] as number;
    return one + (other - one) * share;
  };
  return {
    process(samples) {
      for (let index = 0; index + 1 < samples.length; index += 2) {
        line[position * 2] = samples[index] as number;
        line[position * 2 + 1] = samples[index + 1] as number;
        const delay = 1 + VIBRATO_REACH * depth * (1 - Math.cos(angle));
        angle = (angle + step) % (2 * Math.PI);
        samples[index] = read(delay, 0);
        samples[index + 1] = read(delay, 1);
        position = (position + 1) % length;
      }
    },
  };
}

/** Bends the wave by sine, cosine and tangent, which adds overtones. @see lavadsp, Distortion */
export function createDistortion(options: NonNullable<Filters["distortion"]>): SoundFilter {
  const { sinOffset = 0, sinScale = 1, cosOffset = 0, cosScale = 1, tanOffset = 0, tanScale = 1 } = options;
  const { offset = 0, scale = 1 } = options;
  return {
    process(samples) {
      for (let index = 0; index < samples.length; index++) {
        const input = samples[index] as number;
        const sine = sinOffset + Math.sin(input * sinScale);
        const cosine = cosOffset + Math.cos(input * cosScale);
        const tangent = tanOffset + Math.tan(input * tanScale);
        const output = offset + scale * sine * cosine * tangent;
        samples[index] = Math.max(-1, Math.min(1, output));
      }
    },
  };
}

/** Takes high tones away; a smoothing of 1 and less does nothing. @see lavadsp, LowPass */
export function createLowPass({ smoothing = 20 }: NonNullable<Filters["lowPass"]>): SoundFilter | undefined {
  if (smoothing <= 1) return undefined;
  const states = [0, 0];
  return {
    process(samples) {
      for (let index = 0; index < samples.length; index++) {
        const state = states[index & 1] as number;
        const next = state + ((samples[index] as number) - state) / smoothing;
        states[index & 1] = next;
        samples[index] = next;
      }
    },
  };
}

import { createSeededRandom } from "@antiphon/std";
import type { PcmAudio } from "@antiphon/recommender/analysis";

/** What a tone is made from. */
export interface ToneOptions {
  readonly hz: number;
  readonly seconds: number;
  /** The peak's level, in dB of full scale. */
  readonly dbfs: number;
  readonly sampleRateHz?: number;
  /** Degrees. */
  readonly phase?: number;
}

/** A sine. */
export function tone({ hz, seconds, dbfs, sampleRateHz = 48_000, phase = 0 }: ToneOptions): Float32Array {
  const peak = 10 ** (dbfs / 20);
  return Float32Array.from(
    { length: Math.round(seconds * sampleRateHz) },
    (_, index) => peak * Math.sin((2 * Math.PI * hz * index) / sampleRateHz + (phase * Math.PI) / 180),
  );
}

/** One piece after another. */
export function concat(...pieces: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** The same on the left and on the right. */
export function stereo(channel: Float32Array, sampleRateHz = 48_000): PcmAudio {
  return { sampleRateHz, channels: [channel, channel] };
}

/** Noise whose samples do not depend on each other. */
export function whiteNoise(seconds: number, sampleRateHz = 48_000): Float32Array {
  const random = createSeededRandom(5);
  return Float32Array.from({ length: Math.round(seconds * sampleRateHz) }, () => random.next() - 0.5);
}

/** A short drum on every beat, with a softer one between, over faint noise. */
export function drums(beatsPerMinute: number, seconds: number, sampleRateHz = 44_100): Float32Array {
  const random = createSeededRandom(9);
  const samples = new Float32Array(Math.round(seconds * sampleRateHz));
  const strike = (atSeconds: number, level: number) => {
    const begin = Math.round(atSeconds * sampleRateHz);
    for (let index = 0; index < 0.08 * sampleRateHz && begin + index < samples.length; index++) {
      const fade = Math.exp(-index / (0.015 * sampleRateHz));
      samples[begin + index] = (samples[begin + index] ?? 0) + level * fade * (random.next() - 0.5);
    }
  };
  const beatSeconds = 60 / beatsPerMinute;
  for (let beat = 0; beat * beatSeconds < seconds; beat++) {
    strike(beat * beatSeconds, 0.9);
    strike((beat + 0.5) * beatSeconds, 0.3);
  }
  return samples.map((sample) => sample + 0.002 * (random.next() - 0.5));
}

/** Chords of piano-like notes, each of half a second: MIDI numbers. */
export function chords(progression: readonly (readonly number[])[], sampleRateHz = 22_050): Float32Array {
  return concat(
    ...progression.map((notes) =>
      Float32Array.from({ length: sampleRateHz / 2 }, (_, index) => {
        const seconds = index / sampleRateHz;
        const fade = Math.exp(-2 * seconds);
        return notes.reduce((sum, note) => {
          const hz = 440 * 2 ** ((note - 69) / 12);
          const partials = [1, 2, 3, 4].map((n) => Math.sin(2 * Math.PI * hz * n * seconds) / (n * n));
          return sum + 0.1 * fade * partials.reduce((left, right) => left + right, 0);
        }, 0);
      }),
    ),
  );
}

/** What a WAV file is made from. */
export interface WavOptions {
  readonly audio: PcmAudio;
  readonly bits: 8 | 16 | 24 | 32 | 64;
  readonly code?: 1 | 3;
  readonly isExtensible?: boolean;
}

/** A WAV file with a chunk of an odd size before its data. */
export function wavFile({ audio, bits, code = 1, isExtensible = false }: WavOptions): Buffer {
  const { channels, sampleRateHz } = audio;
  const frames = channels[0]?.length ?? 0;
  const format = Buffer.alloc(isExtensible ? 40 : 16);
  format.writeUInt16LE(isExtensible ? 0xfffe : code, 0);
  format.writeUInt16LE(channels.length, 2);
  format.writeUInt32LE(sampleRateHz, 4);
  format.writeUInt16LE(bits, 14);
  if (isExtensible) format.writeUInt16LE(code, 24);
  const data = Buffer.alloc((frames * channels.length * bits) / 8);
  for (let frame = 0; frame < frames; frame++)
    for (const [channel, samples] of channels.entries())
      writeSample(data, ((frame * channels.length + channel) * bits) / 8, samples[frame] ?? 0, bits, code);
  const chunks = [chunk("fmt ", format), chunk("LIST", Buffer.from("odd")), chunk("data", data)];
  return chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), ...chunks]));
}

function chunk(tag: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8, tag);
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

function writeSample(data: Buffer, offset: number, sample: number, bits: number, code: number): void {
  if (code === 3) {
    if (bits === 32) data.writeFloatLE(sample, offset);
    else data.writeDoubleLE(sample, offset);
    return;
  }
  const whole = Math.round(sample * (2 ** (bits - 1) - 1));
  if (bits === 8) data.writeUInt8(whole + 128, offset);
  else data.writeIntLE(whole, offset, bits / 8);
}

/** A melody that resembles itself nowhere else: a tone that rises from 200 to 2,000 Hz, as {@link createWav} has it. */
export function createChirpWav(durationMs: number): Buffer {
  return createWav(chirpSamples(durationMs));
}

/** A WAV file with these samples on both channels: s16le, 48,000 Hz. */
export function createWav(samples: Float32Array): Buffer {
  const file = Buffer.alloc(44 + samples.length * 4);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(2, 22);
  file.writeUInt32LE(48_000, 24);
  file.writeUInt32LE(48_000 * 4, 28);
  file.writeUInt16LE(4, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(samples.length * 4, 40);
  samples.forEach((sample, index) => {
    file.writeInt16LE(Math.round(sample * 32_767), 44 + index * 4);
    file.writeInt16LE(Math.round(sample * 32_767), 46 + index * 4);
  });
  return file;
}

/** The left channel of {@link createChirpWav}. */
export function chirpSamples(durationMs: number): Float32Array {
  const seconds = durationMs / 1000;
  return Float32Array.from({ length: durationMs * 48 }, (_, index) => {
    const t = index / 48_000;
    return 0.5 * Math.sin(2 * Math.PI * (200 * t + (900 / seconds) * t * t));
  });
}

/** The left channel of interleaved s16le. */
export function leftOf(pcm: Buffer): Float32Array {
  return Float32Array.from({ length: pcm.length / 4 }, (_, index) => pcm.readInt16LE(index * 4) / 32_768);
}

/**
 * How alike a stretch of heard audio and the original are, from -1 to 1, at the shift (up to `maximumShift` samples) where they are most
 * alike.
 */
export function correlate(
  original: Float32Array,
  heard: Float32Array,
  maximumShift: number,
): { ratio: number; shift: number } {
  let best = { ratio: -1, shift: 0 };
  for (let shift = 0; shift <= maximumShift; shift += 4) {
    let cross = 0;
    let energyA = 0;
    let energyB = 0;
    for (let index = 0; index + shift < heard.length && index < original.length; index += 3) {
      const a = original[index] as number;
      const b = heard[index + shift] as number;
      cross += a * b;
      energyA += a * a;
      energyB += b * b;
    }
    const ratio = cross / Math.sqrt(energyA * energyB || 1);
    if (ratio > best.ratio) best = { ratio, shift };
  }
  return best;
}

/** How much of a tone there is in a stretch: its amplitude, by one term of a Fourier transform. */
export function amplitudeOf(samples: Float32Array, hz: number): number {
  let real = 0;
  let imaginary = 0;
  for (const [index, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hz * index) / 48_000;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

/** Samples per second and channel, everywhere in a node. */
export const SAMPLE_RATE_HZ = 48_000;

/** Changes the sound: interleaved samples of left and right, from -1 to 1 (more is clipped when it is encoded). */
export interface SoundFilter {
  /** Changes the samples in place. */
  process(samples: Float32Array): void;
}

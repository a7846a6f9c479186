const PHASES = 4;
/** Samples that count for each point between two. */
const TAPS = 24;

/** For each point between two samples, what the samples around it count: a sinc under a Hann window. */
const kernels: readonly Float64Array[] = Array.from({ length: PHASES }, (_, phase) => {
  const kernel = Float64Array.from({ length: TAPS }, (__, tap) => {
    const distance = tap - TAPS / 2 + 1 - phase / PHASES;
    const sinc = distance === 0 ? 1 : Math.sin(Math.PI * distance) / (Math.PI * distance);
    return sinc * (0.5 + 0.5 * Math.cos((2 * Math.PI * distance) / TAPS));
  });
  const total = kernel.reduce((sum, value) => sum + value, 0);
  return kernel.map((value) => value / total);
});

/**
 * The highest absolute value of a channel at four times its sample rate, 1 at full scale.
 *
 * @see Recommendation ITU-R BS.1770-5, annex 2
 */
export function truePeakOf(channel: Float32Array): number {
  // Silence before and after, so that every sample has neighbours.
  const padded = new Float64Array(channel.length + TAPS);
  padded.set(channel, TAPS / 2 - 1);
  let peak = 0;
  for (let index = 0; index < channel.length; index++) {
    const sample = Math.abs(channel[index] as number);
    if (sample > peak) peak = sample;
    for (let phase = 1; phase < PHASES; phase++) {
      const kernel = kernels[phase] as Float64Array;
      let sum = 0;
      for (let tap = 0; tap < TAPS; tap++) sum += (kernel[tap] as number) * (padded[index + tap] as number);
      const between = Math.abs(sum);
      if (between > peak) peak = between;
    }
  }
  return peak;
}

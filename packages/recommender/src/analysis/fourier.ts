/** Computes power spectra of one size; holds the tables and the scratch space for it. */
export interface PowerSpectrum {
  /** How many samples go in; a power of two. */
  readonly size: number;
  /** The power in each of `size / 2 + 1` bins of a piece that begins at an offset, under a Hann window. Overwritten by the next call. */
  compute(samples: Float32Array, offset: number): Float64Array;
}

/**
 * Builds a {@link PowerSpectrum}.
 *
 * @see Cooley and Tukey: "An Algorithm for the Machine Calculation of Complex Fourier Series", 1965
 */
export function createPowerSpectrum(size: number): PowerSpectrum {
  const window = Float64Array.from({ length: size }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / size));
  const cosines = Float64Array.from({ length: size / 2 }, (_, index) => Math.cos((2 * Math.PI * index) / size));
  const sines = Float64Array.from({ length: size / 2 }, (_, index) => -Math.sin((2 * Math.PI * index) / size));
  const order = reversedBits(size);
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  const power = new Float64Array(size / 2 + 1);

  /** Joins the halves of every group of `length`. */
  const join = (length: number) => {
    const half = length / 2;
    const step = size / length;
    for (let begin = 0; begin < size; begin += length) {
      // Plain variables: this is the innermost loop of every analysis.
      for (let index = 0; index < half; index++) {
        const upper = begin + index;
        const lower = upper + half;
        const cosine = cosines[index * step] as number;
        const sine = sines[index * step] as number;
        const lowerReal = real[lower] as number;
        const lowerImaginary = imaginary[lower] as number;
        const turnedReal = lowerReal * cosine - lowerImaginary * sine;
        const turnedImaginary = lowerReal * sine + lowerImaginary * cosine;
        const upperReal = real[upper] as number;
        const upperImaginary = imaginary[upper] as number;
        real[lower] = upperReal - turnedReal;
        imaginary[lower] = upperImaginary - turnedImaginary;
        real[upper] = upperReal + turnedReal;
        imaginary[upper] = upperImaginary + turnedImaginary;
      }
    }
  };
  return {
    size,
    compute(samples, offset) {
      for (let index = 0; index < size; index++) {
        const from = order[index] as number;
        real[index] = (samples[offset + from] ?? 0) * (window[from] as number);
      }
      imaginary.fill(0);
      for (let length = 2; length <= size; length *= 2) join(length);
      for (let bin = 0; bin < power.length; bin++)
        power[bin] = (real[bin] as number) ** 2 + (imaginary[bin] as number) ** 2;
      return power;
    },
  };
}

function reversedBits(size: number): Uint32Array {
  const order = new Uint32Array(size);
  for (let index = 1; index < size; index++)
    order[index] = ((order[index >> 1] as number) >> 1) | (index & 1 ? size >> 1 : 0);
  return order;
}

/** The power of two that is nearest to a number. */
export function nearestPowerOfTwo(value: number): number {
  return 2 ** Math.round(Math.log2(value));
}

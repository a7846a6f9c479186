/** Turns a stream of samples at one rate into the same sound at 48,000 Hz, one channel. */
export interface Resampler {
  /** Takes input and gives as much output as it allows. */
  push(input: Float32Array): Float32Array;
  /** Gives what is left after the last input. */
  flush(): Float32Array;
}

const OUTPUT_RATE_HZ = 48_000;
/** Zero crossings of the sinc on each side, at the lower of both rates. */
const HALF_WIDTH = 16;
/** Kaiser's window: side lobes below -90 dB. */
const KAISER_BETA = 9;
/** Where the pass band ends, as a share of the lower rate's Nyquist frequency. */
const CUTOFF_RATIO = 0.95;
const MAXIMUM_PHASES = 1024;

/** Modified Bessel function of the first kind, order 0, by its series. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** The fraction closest to `value` whose denominator is at most `maximum`, by continued fractions. */
function closestFraction(value: number, maximum: number): readonly [number, number] {
  let [previousNumerator, previousDenominator] = [1, 0];
  let [numerator, denominator] = [Math.floor(value), 1];
  for (let rest = value - numerator; rest > 1e-9;) {
    const whole = Math.floor(1 / rest);
    rest = 1 / rest - whole;
    const nextDenominator = whole * denominator + previousDenominator;
    if (nextDenominator > maximum) break;
    [previousNumerator, numerator] = [numerator, whole * numerator + previousNumerator];
    [previousDenominator, denominator] = [denominator, nextDenominator];
  }
  return [numerator, denominator];
}

/** One filter per phase: `taps` coefficients, the middle of the sinc `phase / phases` of a sample behind the middle tap. */
function designFilters(phases: number, taps: number, cutoff: number): Float32Array[] {
  const half = taps / 2;
  const norm = bessel0(KAISER_BETA);
  return Array.from({ length: phases }, (_, phase) => {
    const filter = new Float32Array(taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const x = tap - half + 1 - phase / phases;
      const window = Math.abs(x) >= half ? 0 : bessel0(KAISER_BETA * Math.sqrt(1 - (x / half) ** 2)) / norm;
      const sinc = x === 0 ? cutoff : Math.sin(Math.PI * cutoff * x) / (Math.PI * x);
      sum += filter[tap] = sinc * window;
    }
    // Every phase lets a constant through unchanged; otherwise the phases would beat against each other.
    return filter.map((coefficient) => coefficient / sum);
  });
}

/**
 * Builds a polyphase windowed-sinc {@link Resampler}. The ratio is exact wherever its fraction has at most 1,024 phases (all usual
 * rates), else off by less than a millionth. It delays nothing: its output starts at the input's first sample.
 *
 * @see Julius O. Smith, "Digital Audio Resampling"
 */
export function createResampler(inputRateHz: number): Resampler {
  if (inputRateHz === OUTPUT_RATE_HZ) return { push: (input) => input, flush: () => new Float32Array(0) };
  const ratio = inputRateHz / OUTPUT_RATE_HZ;
  const [step, phases] = closestFraction(ratio, MAXIMUM_PHASES);
  const scale = Math.min(1, 1 / ratio);
  const half = Math.ceil(HALF_WIDTH / scale);
  const taps = half * 2;
  const filters = designFilters(phases, taps, scale * CUTOFF_RATIO);

  // `history` begins `half - 1` samples before the first input, so that the first output is centred on it.
  let history = new Float32Array(half - 1);
  let base = 0;
  let phase = 0;

  const run = (input: Float32Array): Float32Array => {
    const samples = new Float32Array(history.length + input.length);
    samples.set(history);
    samples.set(input, history.length);
    const output = new Float32Array(
      Math.max(0, Math.ceil(((samples.length - taps - base + 1) * phases - phase) / step)),
    );
    let count = 0;
    while (base + taps <= samples.length) {
      const filter = filters[phase] as Float32Array;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += (samples[base + tap] as number) * (filter[tap] as number);
      output[count++] = sum;
      phase += step;
      base += Math.floor(phase / phases);
      phase %= phases;
    }
    const kept = Math.min(base, samples.length);
    history = samples.slice(kept);
    base -= kept;
    return output.subarray(0, count);
  };
  return { push: run, flush: () => run(new Float32Array(half)) };
}

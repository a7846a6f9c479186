import { setImmediate } from "node:timers/promises";

/** The place is sought at this rate first, so that the search holds nobody up who shares the thread. */
const COARSE_SAMPLE_RATE_HZ = 2_000;
/** Then it is compared at this rate: enough for music. */
const FINE_SAMPLE_RATE_HZ = 8_000;
/** Sounds are compared below this frequency, where tunes are. */
const CUT_OFF_HZ = 600;
/** How many peaks of the coarse search are looked at finely; music repeats itself, so the highest need not be the place. */
const CANDIDATES = 24;

/** One channel of sound. */
export interface Sound {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
}

/** How well a heard piece fits a recording, and where. */
export interface Match {
  /** The normalised correlation at the best place, from -1 to 1; 1 is the same sound. */
  readonly correlation: number;
  /** Where in the recording the heard piece begins, in milliseconds. */
  readonly positionMs: number;
}

/** Where to look: positions in the recording, in milliseconds. */
export interface SearchRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A recording that pieces are sought in. */
export interface Recording {
  /** Finds where a heard piece was taken from. Lets others use the thread in between. */
  find(heard: Sound, range: SearchRange): Promise<Match>;
}

/** After so many products of two samples others get the thread: a few milliseconds. */
const PRODUCTS_PER_TURN = 2_000_000;

/** Prepares a recording once, so that each search afterwards takes milliseconds. */
export function createRecording(sound: Sound): Recording {
  const levels = new Map(
    [COARSE_SAMPLE_RATE_HZ, FINE_SAMPLE_RATE_HZ].map((rateHz) => [rateHz, resample(sound, rateHz)]),
  );
  const matchesAt = async (rateHz: number, piece: Float32Array, range: SearchRange): Promise<Match[]> => {
    const whole = levels.get(rateHz) as Float32Array;
    const pieceEnergy = energyOf(piece);
    const first = Math.max(0, Math.floor((range.fromMs / 1000) * rateHz));
    const last = Math.min(whole.length - piece.length, Math.ceil((range.toMs / 1000) * rateHz));
    const matches: Match[] = [];
    for (let offset = first, products = 0; offset <= last; offset++) {
      const correlation = correlationAt(whole, offset, piece, pieceEnergy);
      matches.push({ correlation, positionMs: (offset / rateHz) * 1000 });
      products += piece.length;
      if (products < PRODUCTS_PER_TURN) continue;
      products = 0;
      await setImmediate();
    }
    return matches;
  };
  return {
    async find(heard, range) {
      const coarse = await matchesAt(COARSE_SAMPLE_RATE_HZ, withoutMean(resample(heard, COARSE_SAMPLE_RATE_HZ)), range);
      const at = (index: number) => coarse[index]?.correlation ?? -1;
      const peaks = coarse.filter(
        ({ correlation }, index) => correlation >= at(index - 1) && correlation >= at(index + 1),
      );
      peaks.sort((left, right) => right.correlation - left.correlation);
      const slackMs = 1_000 / COARSE_SAMPLE_RATE_HZ;
      const piece = withoutMean(resample(heard, FINE_SAMPLE_RATE_HZ));
      let best: Match = { correlation: -1, positionMs: Number.NaN };
      for (const { positionMs } of peaks.slice(0, CANDIDATES)) {
        const near = { fromMs: positionMs - slackMs, toMs: positionMs + slackMs };
        for (const match of await matchesAt(FINE_SAMPLE_RATE_HZ, piece, near)) {
          if (match.correlation > best.correlation) best = match;
        }
      }
      return best;
    },
  };
}

function correlationAt(whole: Float32Array, offset: number, piece: Float32Array, pieceEnergy: number): number {
  let product = 0;
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < piece.length; index++) {
    const sample = whole[offset + index] as number;
    product += sample * (piece[index] as number);
    sum += sample;
    squares += sample * sample;
  }
  // The piece has no mean, so that of the recording counts in its energy alone.
  const energy = squares - (sum * sum) / piece.length;
  return product / Math.sqrt(Math.max(Number.MIN_VALUE, energy * pieceEnergy));
}

/** The root mean square of samples: 0 is silence. */
export function loudness(samples: Float32Array): number {
  return Math.sqrt(energyOf(samples) / Math.max(1, samples.length));
}

/** To a lower rate, without what that rate could not carry: a part between two samples must not pass for another sound. */
function resample({ samples, sampleRateHz }: Sound, rateHz: number): Float32Array {
  const smooth = lowPass(lowPass(lowPass(samples, sampleRateHz), sampleRateHz), sampleRateHz);
  const step = sampleRateHz / rateHz;
  return Float32Array.from({ length: Math.max(0, Math.floor((samples.length - 1) / step)) }, (_, index) => {
    const at = index * step;
    const before = Math.floor(at);
    const share = at - before;
    return (smooth[before] ?? 0) * (1 - share) + (smooth[before + 1] ?? 0) * share;
  });
}

/** One pole; what is above the cut-off fades by 6 dB an octave. */
function lowPass(samples: Float32Array, sampleRateHz: number): Float32Array {
  const weight = 1 - Math.exp((-2 * Math.PI * CUT_OFF_HZ) / sampleRateHz);
  let level = 0;
  return samples.map((sample) => {
    level += weight * (sample - level);
    return level;
  });
}

function withoutMean(samples: Float32Array): Float32Array {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / Math.max(1, samples.length);
  return samples.map((sample) => sample - mean);
}

function energyOf(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy;
}

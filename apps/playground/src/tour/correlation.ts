/** Comparing happens at this rate: enough for music, and quick. */
const COMPARE_SAMPLE_RATE_HZ = 8_000;

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

/** Finds where in a recording a heard piece was taken from. Both are one channel, with their sample rates. */
export function findInRecording(
  heard: { readonly samples: Float32Array; readonly sampleRateHz: number },
  recording: { readonly samples: Float32Array; readonly sampleRateHz: number },
  range: SearchRange,
): Match {
  const piece = withoutMean(resample(heard.samples, heard.sampleRateHz));
  const whole = resample(recording.samples, recording.sampleRateHz);
  const pieceEnergy = energyOf(piece);
  const first = Math.max(0, Math.floor((range.fromMs / 1000) * COMPARE_SAMPLE_RATE_HZ));
  const last = Math.min(whole.length - piece.length, Math.ceil((range.toMs / 1000) * COMPARE_SAMPLE_RATE_HZ));
  let best: Match = { correlation: -1, positionMs: Number.NaN };
  for (let offset = first; offset <= last; offset++) {
    let product = 0;
    let energy = 0;
    for (let index = 0; index < piece.length; index++) {
      const sample = whole[offset + index] as number;
      product += sample * (piece[index] as number);
      energy += sample * sample;
    }
    const correlation = product / Math.sqrt(Math.max(Number.MIN_VALUE, energy * pieceEnergy));
    if (correlation > best.correlation) best = { correlation, positionMs: (offset / COMPARE_SAMPLE_RATE_HZ) * 1000 };
  }
  return best;
}

/** The root mean square of samples: 0 is silence. */
export function loudness(samples: Float32Array): number {
  return Math.sqrt(energyOf(samples) / Math.max(1, samples.length));
}

/** To the rate of comparison, each sample the mean of those it stands for. */
function resample(samples: Float32Array, sampleRateHz: number): Float32Array {
  const step = sampleRateHz / COMPARE_SAMPLE_RATE_HZ;
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, index) => {
    const from = Math.floor(index * step);
    const to = Math.floor((index + 1) * step);
    let sum = 0;
    for (let at = from; at < to; at++) sum += samples[at] ?? 0;
    return sum / (to - from);
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

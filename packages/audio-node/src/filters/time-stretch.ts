/** Changes how fast a sound goes by, and leaves its pitch as it is. */
export interface TimeStretch {
  /** Takes interleaved samples of two channels and gives what can be made of them. */
  push(samples: Float32Array): Float32Array;
  /** Gives what is left after the last input. */
  flush(): Float32Array;
}

/** Half a window, in samples per channel: 20 ms. */
const HOP = 960;
const WINDOW = HOP * 2;
/** How far a piece may be moved to fit the one before: 10 ms, a period of 100 Hz. */
const REACH = 480;
/** Similarity is measured on every fourth sample, at every fourth place. */
const STRIDE = 4;

const hann = Float32Array.from({ length: WINDOW }, (_, index) => 0.5 - 0.5 * Math.cos((Math.PI * index) / HOP));

/**
 * Builds a {@link TimeStretch} that plays `tempo` times as fast: windows of the sound are laid over each other closer or farther apart
 * than they were, each moved a little to where it continues the one before best.
 *
 * @see Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA)", 1993
 */
export function createTimeStretch(tempo: number): TimeStretch {
  let held = new Float32Array(0);
  /** Where `held` begins, and where the next window should be taken, in samples per channel from the start. */
  let heldFrom = 0;
  let ideal = 0;
  let previous: number | undefined;
  const tail = new Float32Array(HOP * 2);

  const likeness = (place: number, wanted: number): number => {
    let cross = 0;
    let energy = 1e-9;
    for (let index = 0; index < WINDOW; index += STRIDE) {
      const a = (held[(place + index) * 2] as number) + (held[(place + index) * 2 + 1] as number);
      const b = (held[(wanted + index) * 2] as number) + (held[(wanted + index) * 2 + 1] as number);
      cross += a * b;
      energy += a * a;
    }
    return cross / Math.sqrt(energy);
  };
  /** The place around `middle` which is most like `wanted`; all within `held`. */
  const findPlace = (middle: number, wanted: number): number => {
    let best = middle;
    let bestLikeness = -Infinity;
    for (let place = Math.max(0, middle - REACH); place <= middle + REACH; place += STRIDE) {
      const found = likeness(place, wanted);
      if (found > bestLikeness) [best, bestLikeness] = [place, found];
    }
    return best;
  };
  const lay = (place: number, output: Float32Array) => {
    for (let index = 0; index < HOP * 2; index++) {
      const rising = hann[index >> 1] as number;
      const falling = hann[HOP + (index >> 1)] as number;
      const sample = held[place * 2 + index] as number;
      // Nothing was there before the first window: it begins at its full height.
      output[index] = previous === undefined ? sample : (tail[index] as number) + rising * sample;
      tail[index] = falling * (held[(place + HOP) * 2 + index] as number);
    }
  };
  const run = (): Float32Array => {
    const pieces: Float32Array[] = [];
    for (;;) {
      const middle = Math.round(ideal) - heldFrom;
      const wanted = (previous ?? -HOP) + HOP - heldFrom;
      if (held.length / 2 < Math.max(middle + REACH, wanted) + WINDOW) break;
      const place = previous === undefined ? middle : findPlace(middle, wanted);
      const output = new Float32Array(HOP * 2);
      lay(place, output);
      pieces.push(output);
      previous = place + heldFrom;
      ideal += HOP * tempo;
      const needed = Math.min(Math.round(ideal) - REACH, previous + HOP) - heldFrom;
      const dropped = Math.max(0, Math.min(needed, held.length / 2));
      held = held.slice(dropped * 2);
      heldFrom += dropped;
    }
    return join(pieces);
  };
  const push = (samples: Float32Array) => {
    held = join([held, samples]);
    return run();
  };
  return { push, flush: () => push(new Float32Array((WINDOW + REACH) * 2)) };
}

/** Lists of samples as one. */
export function join(pieces: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

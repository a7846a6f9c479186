import type { PcmBlock } from "./audio-decoder.ts";

const CENTRE = Math.SQRT1_2;

/** What left and right take of each channel, in WAV's order, by channel count. @see ITU-R BS.775-3, annex 4 */
const DOWNMIX: Readonly<Record<number, readonly (readonly [left: number, right: number])[]>> = {
  3: [
    [1, 0],
    [0, 1],
    [CENTRE, CENTRE],
  ],
  4: [
    [1, 0],
    [0, 1],
    [CENTRE, 0],
    [0, CENTRE],
  ],
  5: [
    [1, 0],
    [0, 1],
    [CENTRE, CENTRE],
    [CENTRE, 0],
    [0, CENTRE],
  ],
  // The low-frequency channel is left out, as the recommendation says.
  6: [
    [1, 0],
    [0, 1],
    [CENTRE, CENTRE],
    [0, 0],
    [CENTRE, 0],
    [0, CENTRE],
  ],
  7: [
    [1, 0],
    [0, 1],
    [CENTRE, CENTRE],
    [0, 0],
    [0.5, 0.5],
    [CENTRE, 0],
    [0, CENTRE],
  ],
  8: [
    [1, 0],
    [0, 1],
    [CENTRE, CENTRE],
    [0, 0],
    [CENTRE, 0],
    [0, CENTRE],
    [CENTRE, 0],
    [0, CENTRE],
  ],
};

/** Mixes any number of channels to left and right, scaled so that it cannot clip more than the input did. */
export function mixToStereo({ channels }: PcmBlock): readonly [left: Float32Array, right: Float32Array] {
  const [first = new Float32Array(0), second = first] = channels;
  const weights = DOWNMIX[channels.length];
  if (weights === undefined) return [first, second];
  const total = weights.reduce((sum, [left]) => sum + left, 0);
  const mix = (side: 0 | 1) =>
    first.map(
      (_, index) =>
        channels.reduce((sum, channel, number) => sum + (channel[index] ?? 0) * (weights[number]?.[side] ?? 0), 0) /
        total,
    );
  return [mix(0), mix(1)];
}

import type { Recording, SearchRange, Sound } from "./correlation.ts";
import { expect } from "./report.ts";

/** From this correlation on, what was heard is the track. */
const SAME_SOUND = 0.95;
/** The share of the pieces that must be the track. A machine that is short of time may interrupt a track; it does not change it. */
const SAME_SHARE = 0.7;
const PIECE_MS = 500;

/** How well a passage fits a recording, piece by piece. */
export interface HeardPassage {
  /** The median correlation of the pieces, from -1 to 1; 1 is the same sound. */
  readonly correlation: number;
  /** Where in the recording its first piece that fits begins, in milliseconds. */
  readonly positionMs: number;
  /** How many pieces fit, and how many there are. */
  readonly fitting: number;
  readonly pieces: number;
}

/** Cuts a heard passage into half seconds and seeks each in a recording. */
export async function matchPassage(heard: Sound, recording: Recording, range: SearchRange): Promise<HeardPassage> {
  const pieceSamples = (heard.sampleRateHz * PIECE_MS) / 1000;
  const matches = [];
  for (let at = 0; at + pieceSamples <= heard.samples.length; at += pieceSamples) {
    const samples = heard.samples.subarray(at, at + pieceSamples);
    matches.push(await recording.find({ samples, sampleRateHz: heard.sampleRateHz }, range));
  }
  const sorted = matches.map(({ correlation }) => correlation).toSorted((left, right) => left - right);
  const fitting = matches.filter(({ correlation }) => correlation >= SAME_SOUND);
  return {
    correlation: sorted[Math.floor(sorted.length / 2)] ?? -1,
    positionMs: fitting[0]?.positionMs ?? Number.NaN,
    fitting: fitting.length,
    pieces: matches.length,
  };
}

/** The figure for a passage that is the track; throws for another sound. */
export function sameSound({ correlation, positionMs, fitting, pieces }: HeardPassage): string {
  const figures = `correlation ${correlation.toFixed(4)}, ${fitting} of ${pieces} half seconds`;
  expect(pieces > 0 && fitting >= pieces * SAME_SHARE, `${figures}: that is another sound`);
  return `${figures}, from ${(positionMs / 1000).toFixed(2)} s`;
}

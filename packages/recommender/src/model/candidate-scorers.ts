import type { Interactions } from "./interactions.ts";
import { createFolder, type ItemFactors } from "./item-factors.ts";
import type { ModelParameters } from "./model-parameters.ts";
import { createPowerTable } from "./power-table.ts";
import type { SpectralBand } from "./spectral-band.ts";

/** Scores the first `count` candidates for a listener with these items, oldest first, into `scores`. */
export type CandidateScorer = (
  history: Int32Array,
  candidates: Int32Array,
  count: number,
  scores: Float64Array,
) => void;

/** Scores by a band of the spectrum; the listener's side is folded in, so that a new play counts at once. */
export function createBandScorer(
  { dimensions, vectors, values }: SpectralBand,
  { usersOf }: Interactions,
  { band, recencyExponent }: ModelParameters,
): CandidateScorer {
  const recency = createPowerTable(-recencyExponent);
  const source = createPowerTable(-0.5);
  const target = createPowerTable(band?.targetDegreeExponent ?? 0);
  const taste = new Float64Array(dimensions);
  return (history, candidates, count, scores) => {
    const recencies = recency.upTo(history.length);
    const sources = source.upTo(usersOf.longest);
    taste.fill(0);
    for (let at = 0; at < history.length; at++) {
      const item = history[at] as number;
      const start = item * dimensions;
      // An item that is newer than the band.
      if (start >= vectors.length) continue;
      const weight = (recencies[history.length - at] as number) * (sources[usersOf.lengths[item] as number] as number);
      for (let k = 0; k < dimensions; k++) taste[k] = (taste[k] as number) + weight * (vectors[start + k] as number);
    }
    for (let k = 0; k < dimensions; k++) taste[k] = (taste[k] as number) * (values[k] as number);
    const targets = target.upTo(usersOf.longest);
    projectOn(vectors, taste, candidates, count, scores);
    for (let index = 0; index < count; index++)
      scores[index] =
        (scores[index] as number) * (targets[usersOf.lengths[candidates[index] as number] as number] as number);
  };
}

/** Scores by factors; the listener is folded in each time. */
export function createFactorScorer(factors: ItemFactors, parameters: ModelParameters): CandidateScorer {
  const fold = parameters.factors && createFolder(factors, parameters.factors);
  return (history, candidates, count, scores) => {
    if (fold !== undefined) projectOn(factors.vectors, fold(history), candidates, count, scores);
  };
}

function projectOn(
  vectors: Float32Array,
  taste: Float64Array,
  candidates: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  const dimensions = taste.length;
  for (let index = 0; index < count; index++) {
    const start = (candidates[index] as number) * dimensions;
    let sum = 0;
    if (start < vectors.length)
      for (let k = 0; k < dimensions; k++) sum += (taste[k] as number) * (vectors[start + k] as number);
    scores[index] = sum;
  }
}

import type { Interactions } from "./interactions.ts";
import { createFolder, type ItemFactors } from "./item-factors.ts";
import { createPowerTable, type NeighbourRow } from "./item-neighbours.ts";
import type { ModelParameters } from "./model-parameters.ts";
import type { SpectralBand } from "./spectral-band.ts";
import { selectTop } from "./top-selection.ts";

/** What a {@link Ranker} scores with. */
export interface RankerParts {
  readonly interactions: Interactions;
  readonly parameters: ModelParameters;
  /** The neighbours of an item, the source's degree left out. */
  readonly rowOf: (item: number) => NeighbourRow;
  readonly band: SpectralBand | undefined;
  readonly factors: ItemFactors | undefined;
}

/** Ranked item numbers with their scores, best first. */
export interface Ranking {
  readonly items: Uint32Array;
  readonly scores: Float64Array;
}

/** Ranks items for a listener who is known by nothing but their items. */
export interface Ranker {
  /**
   * The best items for a listener with these items, oldest first. `self` is the listener's number, whose own list must not
   * speak for itself; `allowKnown` lets their own items come back.
   */
  rank(
    history: Uint32Array,
    options: { readonly limit: number; readonly self?: number | undefined; readonly allowKnown?: boolean | undefined },
  ): Ranking;
}

/** A part's scores are divided by the mean of this many of its best ones, so that one weight works for all listeners. */
const SCALE_DEPTH = 20;

/** Sums over nodes that remember which nodes were touched. */
class Accumulator {
  sums = new Float64Array(0);
  touched = new Uint32Array(0);
  count = 0;

  reset(nodeCount: number): void {
    for (let index = 0; index < this.count; index++) this.sums[this.touched[index]!] = 0;
    this.count = 0;
    if (this.sums.length >= nodeCount) return;
    this.sums = new Float64Array(Math.ceil(nodeCount * 1.25));
    this.touched = new Uint32Array(Math.ceil(nodeCount * 1.25));
  }
}

/** Builds a {@link Ranker}; it reads the interactions afresh each time, so a new play counts at once. */
export function createRanker(parts: RankerParts): Ranker {
  const { interactions, parameters } = parts;
  const { itemsOf, usersOf } = interactions;
  const byItems = new Accumulator();
  const byUsers = new Accumulator();
  const similar = new Accumulator();
  const recency = createPowerTable(-parameters.recencyExponent);
  const sourceWeight = createPowerTable(-parameters.items.sourceDegreeExponent);
  const commonWeight = createPowerTable(-parameters.users.itemDegreeExponent);
  const neighbourWeight = createPowerTable(-parameters.users.neighbourDegreeExponent);
  const heldBack = createPowerTable(-parameters.users.targetDegreeExponent);
  const bandScores = parts.band && createBandScorer(parts.band, interactions, parameters);
  const factorScores = parts.factors && createFactorScorer(parts.factors, parameters);
  let isCandidate = new Uint8Array(0);
  let candidates = new Uint32Array(0);

  const addItemNeighbours = (history: Uint32Array) => {
    byItems.reset(usersOf.nodeCount);
    const { sums, touched } = byItems;
    let count = 0;
    for (let at = 0; at < history.length; at++) {
      const item = history[at]!;
      const weight = recency(history.length - at) * sourceWeight(usersOf.lengths[item]!);
      const { targets, weights } = parts.rowOf(item);
      for (let index = 0; index < targets.length; index++) {
        const target = targets[index]!;
        if (sums[target] === 0) touched[count++] = target;
        sums[target]! += weight * weights[index]!;
      }
    }
    byItems.count = count;
  };

  const addUserNeighbours = (history: Uint32Array, self: number) => {
    similar.reset(itemsOf.nodeCount);
    let count = 0;
    for (let at = 0; at < history.length; at++) {
      const item = history[at]!;
      const weight = recency(history.length - at) * commonWeight(usersOf.lengths[item]!);
      const end = usersOf.starts[item]! + usersOf.lengths[item]!;
      const { sums, touched } = similar;
      for (let entry = usersOf.starts[item]!; entry < end; entry++) {
        const user = usersOf.pool[entry]!;
        if (sums[user] === 0) touched[count++] = user;
        sums[user]! += weight;
      }
    }
    similar.count = count;
    for (let index = 0; index < count; index++) {
      const user = similar.touched[index]!;
      similar.sums[user]! *= user === self ? 0 : neighbourWeight(itemsOf.lengths[user]!);
    }
    const kept = selectTop(similar.touched, count, similar.sums, parameters.users.neighbourLimit);
    byUsers.reset(usersOf.nodeCount);
    const { sums, touched } = byUsers;
    let reached = 0;
    for (let index = 0; index < kept; index++) {
      const user = similar.touched[index]!;
      const weight = similar.sums[user]!;
      if (weight === 0) continue;
      const end = itemsOf.starts[user]! + itemsOf.lengths[user]!;
      for (let entry = itemsOf.starts[user]!; entry < end; entry++) {
        const target = itemsOf.pool[entry]!;
        if (sums[target] === 0) touched[reached++] = target;
        sums[target]! += weight;
      }
    }
    for (let index = 0; index < reached; index++) {
      const target = touched[index]!;
      sums[target]! *= heldBack(usersOf.lengths[target]!);
    }
    byUsers.count = reached;
  };

  /** The best of both neighbourhoods, each once. */
  const unite = (): number => {
    const size = usersOf.nodeCount;
    if (isCandidate.length < size) isCandidate = new Uint8Array(size * 2);
    if (candidates.length < 2 * parameters.candidateLimit) candidates = new Uint32Array(2 * parameters.candidateLimit);
    let count = 0;
    for (const { touched, count: length, sums } of [byItems, byUsers]) {
      const kept = selectTop(touched, length, sums, parameters.candidateLimit);
      for (let index = 0; index < kept; index++) {
        const item = touched[index]!;
        if (sums[item] === 0 || isCandidate[item] === 1) continue;
        isCandidate[item] = 1;
        candidates[count++] = item;
      }
    }
    for (let index = 0; index < count; index++) isCandidate[candidates[index]!] = 0;
    return count;
  };

  return {
    rank(history, { limit, self = -1, allowKnown = false }) {
      addItemNeighbours(history);
      addUserNeighbours(history, self);
      if (!allowKnown) {
        for (const item of history) {
          byItems.sums[item] = 0;
          byUsers.sums[item] = 0;
        }
      }
      const count = unite();
      const found = candidates.subarray(0, count);
      const scores = new Float64Array(count);
      addScaled(scores, Float64Array.from(found, (item) => byItems.sums[item]!), 1);
      addScaled(scores, Float64Array.from(found, (item) => byUsers.sums[item]!), parameters.users.weight);
      if (bandScores) addScaled(scores, bandScores(history, found), parameters.band!.weight);
      if (factorScores) addScaled(scores, factorScores(history, found), parameters.factors!.weight);
      const order = Uint32Array.from({ length: count }, (_, index) => index);
      const best = order.subarray(0, selectTop(order, count, scores, limit)).sort((a, b) => scores[b]! - scores[a]!);
      return { items: best.map((index) => found[index]!), scores: Float64Array.from(best, (index) => scores[index]!) };
    },
  };
}

function addScaled(scores: Float64Array, part: Float64Array, weight: number): void {
  const best = Float64Array.from(part).sort().subarray(-SCALE_DEPTH);
  const scale = best.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, best.length);
  if (scale === 0) return;
  for (let index = 0; index < scores.length; index++) scores[index]! += (weight * part[index]!) / scale;
}

type PartScorer = (history: Uint32Array, candidates: Uint32Array) => Float64Array;

function createBandScorer(
  { dimensions, vectors, values }: SpectralBand,
  { usersOf }: Interactions,
  { band, recencyExponent }: ModelParameters,
): PartScorer {
  const recency = createPowerTable(-recencyExponent);
  const sourceScale = createPowerTable(-0.5);
  const targetScale = createPowerTable(band!.targetDegreeExponent);
  const taste = new Float64Array(dimensions);
  return (history, candidates) => {
    taste.fill(0);
    for (let at = 0; at < history.length; at++) {
      const item = history[at]!;
      const start = item * dimensions;
      if (start >= vectors.length) continue;
      const weight = recency(history.length - at) * sourceScale(usersOf.lengths[item]!);
      for (let k = 0; k < dimensions; k++) taste[k]! += weight * vectors[start + k]!;
    }
    for (let k = 0; k < dimensions; k++) taste[k]! *= values[k]!;
    const scores = new Float64Array(candidates.length);
    for (let index = 0; index < candidates.length; index++) {
      const start = candidates[index]! * dimensions;
      if (start >= vectors.length) continue;
      let sum = 0;
      for (let k = 0; k < dimensions; k++) sum += taste[k]! * vectors[start + k]!;
      scores[index] = sum * targetScale(usersOf.lengths[candidates[index]!]!);
    }
    return scores;
  };
}

function createFactorScorer(factors: ItemFactors, parameters: ModelParameters): PartScorer {
  const { dimensions, vectors } = factors;
  const fold = createFolder(factors, parameters.factors!);
  return (history, candidates) => {
    const taste = fold(history);
    const scores = new Float64Array(candidates.length);
    for (let index = 0; index < candidates.length; index++) {
      const start = candidates[index]! * dimensions;
      if (start >= vectors.length) continue;
      let sum = 0;
      for (let k = 0; k < dimensions; k++) sum += taste[k]! * vectors[start + k]!;
      scores[index] = sum;
    }
    return scores;
  };
}

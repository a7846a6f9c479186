import { createAccumulator } from "./accumulator.ts";
import { createBandScorer, createFactorScorer } from "./candidate-scorers.ts";
import type { Interactions } from "./interactions.ts";
import type { ItemFactors } from "./item-factors.ts";
import type { NeighbourRow } from "./item-neighbours.ts";
import type { ModelParameters } from "./model-parameters.ts";
import { createPowerTable } from "./power-table.ts";
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
  readonly items: Int32Array;
  readonly scores: Float64Array;
}

/** Options of {@link Ranker.rank}. */
export interface RankOptions {
  readonly limit: number;
  /** The listener's number, whose own list must not speak for itself. */
  readonly self?: number | undefined;
  /** Whether the listener's own items may come back. */
  readonly allowKnown?: boolean | undefined;
}

/** Ranks items for a listener who is known by nothing but their items. */
export interface Ranker {
  /** The best items for a listener with these items, oldest first. */
  rank(history: Int32Array, options: RankOptions): Ranking;
}

/** A part's scores are divided by the mean of this many of its best ones, so that one weight works for all listeners. */
const SCALE_DEPTH = 20;

/** Builds a {@link Ranker}; it reads the interactions afresh each time, so a new play counts at once. */
export function createRanker(parts: RankerParts): Ranker {
  const { interactions, parameters } = parts;
  const { usersOf } = interactions;
  const byItems = createAccumulator();
  const byUsers = createAccumulator();
  const addItems = createItemVote(parts, byItems);
  const addUsers = createUserVote(parts, byUsers);
  const bandScores = parts.band && createBandScorer(parts.band, interactions, parameters);
  const factorScores = parts.factors && createFactorScorer(parts.factors, parameters);
  const most = 2 * parameters.candidateLimit;
  const candidates = new Int32Array(most);
  const order = new Int32Array(most);
  const part = new Float64Array(most);
  const scores = new Float64Array(most);
  let isCandidate = new Uint8Array(0);

  /** The best of both neighbourhoods, each once. */
  const unite = (): number => {
    if (isCandidate.length < usersOf.nodeCount) isCandidate = new Uint8Array(usersOf.nodeCount * 2);
    let count = 0;
    for (const { touched, count: length, sums } of [byItems, byUsers]) {
      const kept = selectTop(touched, length, sums, parameters.candidateLimit);
      for (let index = 0; index < kept; index++) {
        const item = touched[index] as number;
        if ((sums[item] as number) <= 0 || isCandidate[item] === 1) continue;
        isCandidate[item] = 1;
        candidates[count++] = item;
      }
    }
    for (let index = 0; index < count; index++) isCandidate[candidates[index] as number] = 0;
    return count;
  };

  /** Adds a part's scores for all candidates, divided by how high its best ones are. */
  const addPart = (count: number, weight: number) => {
    for (let index = 0; index < count; index++) order[index] = index;
    const best = selectTop(order, count, part, SCALE_DEPTH);
    let sum = 0;
    for (let index = 0; index < best; index++) sum += Math.abs(part[order[index] as number] as number);
    if (sum === 0) return;
    const factor = (weight * best) / sum;
    for (let index = 0; index < count; index++)
      scores[index] = (scores[index] as number) + factor * (part[index] as number);
  };

  return {
    rank(history, { limit, self = -1, allowKnown = false }) {
      addItems(history);
      addUsers(history, self);
      if (!allowKnown) {
        // Less than anything touched, and still told apart from what was never touched.
        for (const item of history) byItems.sums[item] = byUsers.sums[item] = -1;
      }
      const count = unite();
      scores.fill(0, 0, count);
      for (let index = 0; index < count; index++) part[index] = byItems.sums[candidates[index] as number] as number;
      addPart(count, 1);
      for (let index = 0; index < count; index++) part[index] = byUsers.sums[candidates[index] as number] as number;
      addPart(count, parameters.users.weight);
      if (!allowKnown) for (const item of history) byItems.sums[item] = byUsers.sums[item] = 0;
      if (bandScores !== undefined) {
        bandScores(history, candidates, count, part);
        addPart(count, parameters.band?.weight ?? 0);
      }
      if (factorScores !== undefined) {
        factorScores(history, candidates, count, part);
        addPart(count, parameters.factors?.weight ?? 0);
      }
      for (let index = 0; index < count; index++) order[index] = index;
      const best = order.slice(0, selectTop(order, count, scores, limit));
      best.sort((left, right) => (scores[right] as number) - (scores[left] as number));
      return {
        items: best.map((index) => candidates[index] as number),
        scores: Float64Array.from(best, (index) => scores[index] as number),
      };
    },
  };
}

type Vote = (history: Int32Array, self?: number) => void;
type Accumulator = ReturnType<typeof createAccumulator>;

/** Sums what the neighbourhoods of the listener's items say, the latest item first. */
function createItemVote({ interactions, parameters, rowOf }: RankerParts, into: Accumulator): Vote {
  const { usersOf } = interactions;
  const recency = createPowerTable(-parameters.recencyExponent);
  const degree = createPowerTable(-parameters.items.sourceDegreeExponent);
  return (history) => {
    into.reset(usersOf.nodeCount);
    const { sums, touched } = into;
    const recencies = recency.upTo(history.length);
    const degrees = degree.upTo(usersOf.longest);
    let count = 0;
    for (let at = history.length - 1; at >= 0; at--) {
      const item = history[at] as number;
      const weight = (recencies[history.length - at] as number) * (degrees[usersOf.lengths[item] as number] as number);
      const { targets, weights } = rowOf(item);
      for (let index = 0; index < targets.length; index++) {
        const target = targets[index] as number;
        const sum = sums[target] as number;
        if (sum === 0) touched[count++] = target;
        sums[target] = sum + weight * (weights[index] as number);
      }
    }
    into.count = count;
  };
}

/** Sums what the listeners with the most similar items heard. */
function createUserVote({ interactions, parameters }: RankerParts, into: Accumulator): Vote {
  const { itemsOf, usersOf } = interactions;
  const { neighbourLimit } = parameters.users;
  const recency = createPowerTable(-parameters.recencyExponent);
  const common = createPowerTable(-parameters.users.itemDegreeExponent);
  const neighbour = createPowerTable(-parameters.users.neighbourDegreeExponent);
  const heldBack = createPowerTable(-parameters.users.targetDegreeExponent);
  const closeness = createPowerTable(-parameters.users.closenessExponent);
  const isOrdered = parameters.users.closenessExponent !== 0;
  const similar = createAccumulator();
  /** The place of each of the listener's items in their history, from 1; 0 for others. */
  let ages = new Int32Array(0);

  const findSimilar = (history: Int32Array, self: number): number => {
    similar.reset(itemsOf.nodeCount);
    const { sums, touched } = similar;
    const { pool, starts, lengths } = usersOf;
    const recencies = recency.upTo(history.length);
    const commons = common.upTo(usersOf.longest);
    let count = 0;
    for (let at = 0; at < history.length; at++) {
      const item = history[at] as number;
      const weight = (recencies[history.length - at] as number) * (commons[lengths[item] as number] as number);
      const end = (starts[item] as number) + (lengths[item] as number);
      for (let entry = starts[item] as number; entry < end; entry++) {
        const user = pool[entry] as number;
        const sum = sums[user] as number;
        if (sum === 0) touched[count++] = user;
        sums[user] = sum + weight;
      }
    }
    similar.count = count;
    const neighbours = neighbour.upTo(itemsOf.longest);
    for (let index = 0; index < count; index++) {
      const user = touched[index] as number;
      sums[user] = (sums[user] as number) * (neighbours[itemsOf.lengths[user] as number] as number);
    }
    if (self >= 0) sums[self] = 0;
    return selectTop(touched, count, sums, neighbourLimit);
  };

  /** Where in a neighbour's list the listener's latest item stands. */
  const meetingPlace = (start: number, end: number): number => {
    const { pool } = itemsOf;
    let latest = 0;
    let place = start;
    for (let entry = start; entry < end; entry++) {
      const age = ages[pool[entry] as number] as number;
      if (age > latest) {
        latest = age;
        place = entry;
      }
    }
    return place;
  };

  return (history, self = -1) => {
    const kept = findSimilar(history, self);
    into.reset(usersOf.nodeCount);
    const { sums, touched } = into;
    const { pool, starts, lengths } = itemsOf;
    if (isOrdered && ages.length < usersOf.nodeCount) ages = new Int32Array(usersOf.nodeCount * 2);
    if (isOrdered) for (let at = 0; at < history.length; at++) ages[history[at] as number] = at + 1;
    const nearness = closeness.upTo(itemsOf.longest + 1);
    let count = 0;
    for (let index = 0; index < kept; index++) {
      const user = similar.touched[index] as number;
      const weight = similar.sums[user] as number;
      if (weight === 0) continue;
      const start = starts[user] as number;
      const end = start + (lengths[user] as number);
      const place = isOrdered ? meetingPlace(start, end) : start;
      for (let entry = start; entry < end; entry++) {
        const target = pool[entry] as number;
        const sum = sums[target] as number;
        if (sum === 0) touched[count++] = target;
        sums[target] = sum + (isOrdered ? weight * (nearness[Math.abs(entry - place) + 1] as number) : weight);
      }
    }
    into.count = count;
    if (isOrdered) for (const item of history) ages[item] = 0;
    const holds = heldBack.upTo(usersOf.longest);
    for (let index = 0; index < count; index++) {
      const target = touched[index] as number;
      sums[target] = (sums[target] as number) * (holds[usersOf.lengths[target] as number] as number);
    }
  };
}

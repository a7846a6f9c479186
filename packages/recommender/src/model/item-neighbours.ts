import type { Interactions } from "./interactions.ts";
import type { ItemNeighbourParameters } from "./model-parameters.ts";
import { createPowerTable } from "./power-table.ts";
import { selectTop } from "./top-selection.ts";

/** The neighbours of every item, row after row. The source's own degree is left out, to be applied when asked. */
export interface NeighbourRows {
  readonly lengths: Int32Array;
  readonly targets: Int32Array;
  readonly weights: Float32Array;
}

/** The neighbours of one item. */
export interface NeighbourRow {
  readonly targets: Int32Array;
  readonly weights: Float32Array;
}

/** Computes rows of the item neighbourhood, one at a time, from the interactions as they are at that moment. */
export interface NeighbourRowBuilder {
  /** The neighbours of an item, in no order. The arrays are valid until the next call. */
  row(item: number): NeighbourRow;
}

/** Builds a {@link NeighbourRowBuilder}. */
export function createNeighbourRowBuilder(
  interactions: Interactions,
  parameters: ItemNeighbourParameters,
): NeighbourRowBuilder {
  const { neighbourLimit, power, backwardRatio } = parameters;
  const { itemsOf, usersOf } = interactions;
  const isOrdered = parameters.closenessExponent !== 0 || parameters.backwardRatio !== 1;
  const userWeight = createPowerTable(-parameters.userDegreeExponent);
  const targetWeight = createPowerTable(-parameters.targetDegreeExponent);
  const closeness = createPowerTable(-parameters.closenessExponent);
  let sums = new Float64Array(usersOf.nodeCount);
  let touched = new Int32Array(usersOf.nodeCount);
  const targets = new Int32Array(neighbourLimit);
  const weights = new Float32Array(neighbourLimit);

  /** Adds what the listeners of `item` say; returns how many items were touched. */
  const accumulate = (item: number): number => {
    const { pool, starts, lengths } = itemsOf;
    const userWeights = userWeight.upTo(itemsOf.longest);
    let count = 0;
    for (const user of usersOf.list(item)) {
      const length = lengths[user] as number;
      const weight = userWeights[length] as number;
      const end = (starts[user] as number) + length;
      for (let at = starts[user] as number; at < end; at++) {
        const other = pool[at] as number;
        if (sums[other] === 0) touched[count++] = other;
        sums[other] = (sums[other] as number) + weight;
      }
    }
    return count;
  };
  const accumulateOrdered = (item: number): number => {
    const { pool, starts, lengths } = itemsOf;
    const userWeights = userWeight.upTo(itemsOf.longest);
    const closenesses = closeness.upTo(itemsOf.longest + 1);
    let count = 0;
    for (const user of usersOf.list(item)) {
      const weight = userWeights[lengths[user] as number] as number;
      const end = (starts[user] as number) + (lengths[user] as number);
      let place = starts[user] as number;
      while (pool[place] !== item) place++;
      for (let at = starts[user] as number; at < end; at++) {
        const other = pool[at] as number;
        if (sums[other] === 0) touched[count++] = other;
        sums[other] =
          (sums[other] as number) +
          weight *
            (at < place
              ? backwardRatio * (closenesses[place - at + 1] as number)
              : (closenesses[at - place + 1] as number));
      }
    }
    return count;
  };

  return {
    row(item) {
      if (sums.length < usersOf.nodeCount) {
        sums = new Float64Array(usersOf.nodeCount * 2);
        touched = new Int32Array(usersOf.nodeCount * 2);
      }
      const count = isOrdered ? accumulateOrdered(item) : accumulate(item);
      const targetWeights = targetWeight.upTo(usersOf.longest);
      let others = 0;
      for (let index = 0; index < count; index++) {
        const other = touched[index] as number;
        if (other === item) continue;
        sums[other] = (sums[other] as number) * (targetWeights[usersOf.lengths[other] as number] as number);
        touched[others++] = other;
      }
      sums[item] = 0;
      const kept = selectTop(touched, others, sums, neighbourLimit);
      for (let index = 0; index < kept; index++) {
        targets[index] = touched[index] as number;
        const weight = sums[touched[index] as number] as number;
        weights[index] = power === 1 ? weight : weight ** power;
      }
      for (let index = 0; index < others; index++) sums[touched[index] as number] = 0;
      return { targets: targets.subarray(0, kept), weights: weights.subarray(0, kept) };
    },
  };
}

/** Computes every row; `onProgress` hears the share that is done, from 0 to 1. */
export function buildNeighbourRows(
  interactions: Interactions,
  parameters: ItemNeighbourParameters,
  onProgress: (ratio: number) => void = () => {},
): NeighbourRows {
  const itemCount = interactions.usersOf.nodeCount;
  const builder = createNeighbourRowBuilder(interactions, parameters);
  const lengths = new Int32Array(itemCount);
  let targets = new Int32Array(itemCount * parameters.neighbourLimit);
  let weights = new Float32Array(itemCount * parameters.neighbourLimit);
  const step = Math.max(1, Math.ceil(itemCount / 50));
  let end = 0;
  for (let item = 0; item < itemCount; item++) {
    const row = builder.row(item);
    targets.set(row.targets, end);
    weights.set(row.weights, end);
    lengths[item] = row.targets.length;
    end += row.targets.length;
    if (item % step === 0) onProgress(item / itemCount);
  }
  // Pages that were never written cost no memory; a copy of the rest would.
  targets = targets.subarray(0, end);
  weights = weights.subarray(0, end);
  return { lengths, targets, weights };
}

import type { Interactions } from "./interactions.ts";
import { createNeighbourRowBuilder, type NeighbourRow, type NeighbourRows } from "./item-neighbours.ts";
import type { ItemNeighbourParameters } from "./model-parameters.ts";

/** Options of {@link createRowCache}. */
export interface RowCacheOptions {
  /** How many outdated rows are computed again for one question; the others serve once more as they are. */
  readonly refreshLimit: number;
  /** How many rows that differ from the built ones are kept; the one unused longest gives way. */
  readonly keepLimit: number;
}

/** The rows of a built neighbourhood, brought up to date where plays have come since. */
export interface RowCache {
  /** The neighbours of an item. Valid until the next call. */
  rowOf(item: number): NeighbourRow;
  /** Begins a question: as many rows as allowed may be refreshed again. */
  beginQuestion(): void;
  /** Says that an item's row no longer tells everything. */
  markOutdated(item: number): void;
  /** How many rows wait to be refreshed. */
  readonly outdated: number;
}

const noNeighbours: NeighbourRow = { targets: new Int32Array(0), weights: new Float32Array(0) };

/** Builds a {@link RowCache}. */
export function createRowCache(
  interactions: Interactions,
  parameters: ItemNeighbourParameters,
  rows: NeighbourRows,
  { refreshLimit, keepLimit }: RowCacheOptions,
): RowCache {
  const builder = createNeighbourRowBuilder(interactions, parameters);
  const builtCount = rows.lengths.length;
  const starts = new Int32Array(builtCount);
  for (let item = 1; item < builtCount; item++)
    starts[item] = (starts[item - 1] as number) + (rows.lengths[item - 1] as number);
  const refreshed = new Map<number, NeighbourRow>();
  const outdated = new Set<number>();
  let refreshesLeft = refreshLimit;

  const refresh = (item: number): NeighbourRow => {
    refreshesLeft--;
    const { targets, weights } = builder.row(item);
    const row = { targets: targets.slice(), weights: weights.slice() };
    refreshed.delete(item);
    refreshed.set(item, row);
    outdated.delete(item);
    if (refreshed.size > keepLimit) {
      const [oldest] = refreshed.keys();
      refreshed.delete(oldest as number);
      outdated.add(oldest as number);
    }
    return row;
  };
  const built = (item: number): NeighbourRow => {
    if (item >= builtCount) return noNeighbours;
    const end = (starts[item] as number) + (rows.lengths[item] as number);
    return { targets: rows.targets.subarray(starts[item], end), weights: rows.weights.subarray(starts[item], end) };
  };

  return {
    rowOf(item) {
      if (refreshesLeft > 0 && outdated.has(item)) return refresh(item);
      return refreshed.get(item) ?? built(item);
    },
    beginQuestion() {
      refreshesLeft = refreshLimit;
    },
    markOutdated(item) {
      outdated.add(item);
    },
    get outdated() {
      return outdated.size;
    },
  };
}

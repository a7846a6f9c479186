import type { Interactions } from "./interactions.ts";
import { createNeighbourRowBuilder, type NeighbourRow, type NeighbourRows } from "./item-neighbours.ts";
import type { ItemNeighbourParameters } from "./model-parameters.ts";

/** Options of {@link createRowCache}. */
export interface RowCacheOptions {
  /** How many outdated rows are computed again for one question at the most; the others serve once more as they are. */
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

/** A row for which more plays must be read counts as several: rows of items that everybody knows cost a hundred times what others do. */
const PLAYS_A_REFRESH = 500;
/** A row that costs more than a question may waits for this much change: the plays of one listener are nothing among thousands. */
const WORTHWHILE_RATIO = 0.01;

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
  /** How often plays have touched a row since it was computed. */
  const outdated = new Map<number, number>();
  let refreshesLeft = refreshLimit;

  /** Whether a row may be refreshed for this question. A costly one must be the first, so that every row has its turn. */
  const mayRefresh = (item: number, touches: number): boolean => {
    const { usersOf, itemsOf } = interactions;
    const listeners = usersOf.list(item);
    let plays = 0;
    for (const user of listeners) plays += itemsOf.lengths[user] as number;
    const cost = Math.max(1, Math.round(plays / PLAYS_A_REFRESH));
    if (cost > refreshLimit && touches < listeners.length * WORTHWHILE_RATIO) return false;
    const isAllowed = cost <= refreshesLeft || refreshesLeft === refreshLimit;
    refreshesLeft = Math.max(0, refreshesLeft - cost);
    return isAllowed;
  };
  const refresh = (item: number): NeighbourRow => {
    const { targets, weights } = builder.row(item);
    const row = { targets: targets.slice(), weights: weights.slice() };
    refreshed.delete(item);
    refreshed.set(item, row);
    outdated.delete(item);
    if (refreshed.size > keepLimit) {
      const [oldest] = refreshed.keys();
      refreshed.delete(oldest as number);
      outdated.set(oldest as number, Number.POSITIVE_INFINITY);
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
      const touches = outdated.get(item);
      if (touches !== undefined && refreshesLeft > 0 && mayRefresh(item, touches)) return refresh(item);
      return refreshed.get(item) ?? built(item);
    },
    beginQuestion() {
      refreshesLeft = refreshLimit;
    },
    markOutdated(item) {
      outdated.set(item, (outdated.get(item) ?? 0) + 1);
    },
    get outdated() {
      return outdated.size;
    },
  };
}

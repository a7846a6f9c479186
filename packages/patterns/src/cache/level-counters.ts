import type { LevelStats } from "./cache-level.ts";

/** Counts what happens in a level that does its own book-keeping. */
export interface LevelCounters {
  hits: number;
  misses: number;
  evictions: number;
  expirations: number | null;
  failures: number;
}

/** Counters at zero. */
export const createLevelCounters = (): LevelCounters & { expirations: number } => ({
  hits: 0,
  misses: 0,
  evictions: 0,
  expirations: 0,
  failures: 0,
});

/** The statistics that follow from a level's counters and size. */
export function levelStats(
  counters: LevelCounters,
  size: Pick<LevelStats, "name" | "entries" | "maxEntries" | "sizeBytes" | "maxBytes">,
): LevelStats {
  const lookups = counters.hits + counters.misses;
  return { ...size, ...counters, hitRatio: lookups === 0 ? 0 : counters.hits / lookups };
}

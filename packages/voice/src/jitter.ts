import type { CounterName, Counters } from "./shared-memory.ts";

/** How much later or earlier than the sender's clock says packets come, in milliseconds; each figure is the upper edge of its bucket. */
export interface JitterPercentiles {
  /** Half of the packets were at most this far off. */
  readonly p50Ms: number;
  /** 95 of 100. */
  readonly p95Ms: number;
  /** 99 of 100. */
  readonly p99Ms: number;
}

/** The buckets, by their upper edges; the last has none, and counts as twice the edge before. */
const buckets: readonly (readonly [edgeMs: number, name: CounterName])[] = [
  [1, "jitterBelow1Ms"],
  [2, "jitterBelow2Ms"],
  [5, "jitterBelow5Ms"],
  [10, "jitterBelow10Ms"],
  [20, "jitterBelow20Ms"],
  [40, "jitterBelow40Ms"],
  [80, "jitterBelow80Ms"],
  [160, "jitterBelow160Ms"],
  [320, "jitterAbove160Ms"],
];

/** Counts one packet whose distance from the one before was off by so much. */
export function countJitter(counters: Counters, errorMs: number): void {
  const bucket = buckets.find(([edgeMs]) => errorMs < edgeMs);
  counters.add(bucket?.[1] ?? "jitterAbove160Ms");
}

/** Reads the percentiles; null before there were two packets in a row. */
export function readJitter(counters: Counters): JitterPercentiles | null {
  const counts = buckets.map(([edgeMs, name]) => ({ edgeMs, count: counters.get(name) }));
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const at = (share: number): number => {
    let seen = 0;
    return counts.find(({ count }) => (seen += count) >= share * total)?.edgeMs ?? 0;
  };
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

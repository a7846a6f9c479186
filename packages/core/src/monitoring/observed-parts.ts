import type { ShardStatus } from "@antiphon/protocol/discord";
import type { RequestBatcherStats, RestStats, RoutePolicies } from "@antiphon/rest";

/** What the circuit breaker of a class of routes does, as that of `@antiphon/patterns` tells it. */
export interface BreakerStats {
  /** What it would do with a call now, such as `closed`, `open` or `halfOpen`. */
  readonly state: string;
  /** Milliseconds until it tries again; 0 unless it is open. */
  readonly recoversInMs: number;
  /** Calls that it refused so far. */
  readonly rejected: number;
}

/** What an error handler did so that work went on. */
export interface RecoveryStats {
  /** Repetitions so far. */
  readonly retries: number;
  /** Of what failed at first, how much succeeded in the end. */
  readonly recoveries: number;
}

/** What a shard does; `resuming`, `identifying` and `backingOff` are those of a shard that recovers. */
export interface ObservedShard {
  readonly shardId: number;
  readonly status: ShardStatus;
}

/** Calls a function that a part may have, and gives what it says if that has numbers under these names. */
function figures<Figures>(part: unknown, method: "getStats" | "stats", numbers: readonly (keyof Figures & string)[]) {
  // A breaker is a function with members.
  if ((typeof part !== "object" && typeof part !== "function") || part === null) return undefined;
  const read: unknown = (part as Readonly<Record<string, unknown>>)[method];
  if (typeof read !== "function") return undefined;
  const said: unknown = read.call(part);
  if (typeof said !== "object" || said === null) return undefined;
  const known = said as Readonly<Record<string, unknown>>;
  return numbers.every((name) => typeof known[name] === "number") ? (said as Figures) : undefined;
}

/** The figures of a transport that has them, as that of `@antiphon/rest` does. */
export const transportFigures = (part: unknown) => figures<RestStats>(part, "getStats", ["requests", "rateLimited"]);

/** The figures of a batcher. */
export const batcherFigures = (part: unknown) =>
  figures<RequestBatcherStats>(part, "getStats", ["batches", "handled", "deduplicated"]);

/** What an error handler tells of its recoveries, if it counts them. */
export function recoveryFigures(part: unknown): RecoveryStats | undefined {
  const known = figures<RecoveryStats>(part, "stats", ["retries", "recoveries"]);
  return known && { retries: known.retries, recoveries: known.recoveries };
}

/** The breakers among the policies of a transport, by the class of routes. */
export function breakerFigures(policies: RoutePolicies = {}): Readonly<Record<string, BreakerStats>> {
  const known = Object.entries(policies).flatMap(([name, policy]): [string, BreakerStats][] => {
    const stats = figures<BreakerStats>(policy, "stats", ["recoversInMs", "rejected"]);
    if (stats === undefined || typeof stats.state !== "string") return [];
    return [[name, { state: stats.state, recoversInMs: stats.recoversInMs, rejected: stats.rejected }]];
  });
  return Object.fromEntries(known);
}

/** The shards of a source that tells, as that of `@antiphon/gateway` does; empty for any other. */
export function shardFigures(part: unknown): readonly ObservedShard[] {
  const stats = figures<{ readonly shardCount: number; readonly shards: unknown }>(part, "getStats", ["shardCount"]);
  if (!Array.isArray(stats?.shards)) return [];
  return (stats.shards as readonly ObservedShard[]).map(({ shardId, status }) => ({ shardId, status }));
}

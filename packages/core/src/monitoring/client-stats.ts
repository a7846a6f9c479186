import type { CacheStats } from "../cache/cache.ts";
import type { ClientState } from "../client-state.ts";
import type { InteractionStats } from "../interactions/router.ts";
import { createDurationRecorder, type DurationStats } from "./duration-stats.ts";
import type { RequestStats } from "./measured-rest.ts";
import type { RecoveryStats, ObservedShard } from "./observed-parts.ts";

/** What came over the gateway. */
export interface DispatchStats extends DurationStats {
  /** How many came, by their name on the wire; unknown names from the 200th different one on are counted as `OTHER`. */
  readonly byName: Readonly<Record<string, number>>;
  /** How many of them neither the cache nor a listener wanted, so that they were not decoded; durations leave them out. */
  readonly skipped: number;
}

/** What a client has done so far. */
export interface ClientStats {
  readonly state: ClientState;
  /** Mean round trip of the last heartbeats in milliseconds; undefined while not known. */
  readonly latencyMs: number | undefined;
  /** Dispatches, and how long cache and listeners took for each; handlers of interactions run on. */
  readonly dispatches: DispatchStats;
  readonly interactions: InteractionStats;
  readonly requests: RequestStats;
  /** What each shard does; empty while not connected, and where the gateway does not tell. */
  readonly shards: readonly ObservedShard[];
  /** What the error handler repeated; undefined without one that counts. */
  readonly recovery: RecoveryStats | undefined;
  readonly cache: CacheStats;
  /** Events that slow readers of `events()` have lost. */
  readonly droppedEvents: number;
}

/** Collects {@link DispatchStats}. */
export interface DispatchRecorder {
  record(name: string, durationMs: number): void;
  /** Counts a dispatch that nobody wanted. */
  skip(name: string): void;
  stats(): DispatchStats;
}

/** There are fewer than a hundred documented ones. */
const MAXIMUM_NAMES = 200;

/** Builds a {@link DispatchRecorder}. */
export function createDispatchRecorder(): DispatchRecorder {
  const durations = createDurationRecorder();
  const byName = new Map<string, number>();
  let skipped = 0;
  const count = (name: string) => {
    const times = byName.get(name);
    if (times !== undefined) byName.set(name, times + 1);
    else if (byName.size < MAXIMUM_NAMES) byName.set(name, 1);
    else byName.set("OTHER", (byName.get("OTHER") ?? 0) + 1);
  };
  return {
    record(name, durationMs) {
      durations.record(durationMs);
      count(name);
    },
    skip(name) {
      skipped++;
      count(name);
    },
    stats: () => ({ ...durations.stats(), byName: Object.fromEntries(byName), skipped }),
  };
}

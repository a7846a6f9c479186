import type { CacheStats } from "../cache/cache.ts";
import type { ClientState } from "../client.ts";
import type { InteractionStats } from "../interactions/router.ts";
import { createDurationRecorder, type DurationStats } from "./duration-stats.ts";
import type { RequestStats } from "./measured-rest.ts";

/** What came over the gateway. */
export interface DispatchStats extends DurationStats {
  /** How many came, by their name on the wire; unknown names from the 200th different one on are counted as `OTHER`. */
  readonly byName: Readonly<Record<string, number>>;
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
  readonly cache: CacheStats;
  /** Events that slow readers of `events()` have lost. */
  readonly droppedEvents: number;
}

/** Collects {@link DispatchStats}. */
export interface DispatchRecorder {
  record(name: string, durationMs: number): void;
  stats(): DispatchStats;
}

/** There are fewer than a hundred documented ones. */
const MAXIMUM_NAMES = 200;

/** Builds a {@link DispatchRecorder}. */
export function createDispatchRecorder(): DispatchRecorder {
  const durations = createDurationRecorder();
  const byName = new Map<string, number>();
  return {
    record(name, durationMs) {
      durations.record(durationMs);
      const known = byName.has(name) || byName.size < MAXIMUM_NAMES ? name : "OTHER";
      byName.set(known, (byName.get(known) ?? 0) + 1);
    },
    stats: () => ({ ...durations.stats(), byName: Object.fromEntries(byName) }),
  };
}

import type { RestTransport } from "@antiphon/protocol/discord";
import type { RequestBatcherStats, RestStats } from "@antiphon/rest";
import type { Clock } from "@antiphon/std";
import { createDurationRecorder, type DurationStats } from "./duration-stats.ts";
import { batcherFigures, transportFigures, type BreakerStats } from "./observed-parts.ts";

/** What went over a client's transport. */
export interface RequestStats {
  /** Calls that ended, with how long each took, its waiting included. */
  readonly calls: DurationStats;
  /** Of them, those that ended in an error. */
  readonly failures: number;
  /** Calls under way. */
  readonly pending: number;
  /** What the transport says of itself; undefined when it says nothing. */
  readonly transport: RestStats | undefined;
  /** What the batcher says of itself; undefined without one. */
  readonly batcher: RequestBatcherStats | undefined;
  /** The circuit breakers of the own transport, by the class of routes. */
  readonly breakers: Readonly<Record<string, BreakerStats>>;
}

/** A transport that counts what goes through it. */
export interface MeasuredRest {
  readonly rest: RestTransport;
  stats(): Omit<RequestStats, "breakers">;
}

/**
 * Builds a {@link MeasuredRest} around the outermost transport; everything else that this can do stays there. `transport` is the
 * one below a batcher.
 */
export function measureRest(inner: RestTransport, transport: RestTransport | undefined, clock: Clock): MeasuredRest {
  const calls = createDurationRecorder();
  let failures = 0;
  let pending = 0;
  const rest: RestTransport = {
    async request<Result>(...call: Parameters<RestTransport["request"]>) {
      const startedMs = clock.monotonicMs();
      pending++;
      try {
        return await inner.request<Result>(...call);
      } catch (error) {
        failures++;
        throw error;
      } finally {
        pending--;
        calls.record(clock.monotonicMs() - startedMs);
      }
    },
  };
  return {
    rest,
    stats: () => ({
      calls: calls.stats(),
      failures,
      pending,
      transport: transportFigures(transport),
      batcher: batcherFigures(inner),
    }),
  };
}

import type { RestTransport } from "@antiphon/protocol/discord";
import type { RestStats } from "@antiphon/rest";
import type { Clock } from "@antiphon/std";
import { createDurationRecorder, type DurationStats } from "./duration-stats.ts";

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
}

/** A transport that counts what goes through it. */
export interface MeasuredRest {
  readonly rest: RestTransport;
  stats(): RequestStats;
}

/** The figures of a transport that has them, as that of `@antiphon/rest` does. */
function transportStats(rest: RestTransport): RestStats | undefined {
  if (!("getStats" in rest) || typeof rest.getStats !== "function") return undefined;
  const stats: unknown = rest.getStats();
  const known = typeof stats === "object" && stats !== null && "requests" in stats && "rateLimited" in stats;
  return known ? (stats as RestStats) : undefined;
}

/** Builds a {@link MeasuredRest} around a transport; everything else that the transport can do stays there. */
export function measureRest(inner: RestTransport, clock: Clock): MeasuredRest {
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
  return { rest, stats: () => ({ calls: calls.stats(), failures, pending, transport: transportStats(inner) }) };
}

import { isAntiphonError, type Clock, type Policy } from "@antiphon/std";
import { RecommenderError } from "../error.ts";

/** How a service's breaker treats calls: lets them through, refuses them, or lets one through as a trial. */
export type CircuitState = "closed" | "open" | "half_open";

/** A breaker around one service. */
export interface ServiceCircuit extends Policy {
  /** What it would do with a call now. */
  readonly state: CircuitState;
  /** The refusal while it is open; undefined when a call may be tried. */
  refusal(): RecommenderError | undefined;
}

/** Options of {@link createServiceCircuit}. */
export interface ServiceCircuitOptions {
  /** Whom it guards. */
  readonly service: string;
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** How long it stays open before a trial, in milliseconds. */
  readonly recoveryMs: number;
  readonly clock: Clock;
}

const failureCodes = [
  "RECOMMENDER_API_UNREACHABLE",
  "RECOMMENDER_API_TIMEOUT",
  "RECOMMENDER_API_UNAVAILABLE",
  "RECOMMENDER_API_RESPONSE_INVALID",
] as const;

/** Builds a {@link ServiceCircuit}. A refusal, a missing key and a limit that is used up say nothing against the service. */
export function createServiceCircuit(options: ServiceCircuitOptions): ServiceCircuit {
  const { service, failureThreshold, recoveryMs, clock } = options;
  let failures = 0;
  let openedAtMs: number | undefined;
  let isTrying = false;
  /** What went wrong most recently: the reason for a refusal. */
  let lastFailure: unknown;

  const recoversInMs = () =>
    openedAtMs === undefined ? 0 : Math.max(0, openedAtMs + recoveryMs - clock.monotonicMs());
  const refusal = () => {
    if (openedAtMs === undefined || (recoversInMs() === 0 && !isTrying)) return undefined;
    const retryAfterMs = Math.ceil(recoversInMs());
    const message = `${service} failed ${failures} times in a row and is left alone for ${retryAfterMs} ms more.`;
    return new RecommenderError("RECOMMENDER_API_CIRCUIT_OPEN", message, {
      retryable: true,
      details: { service, retryAfterMs },
      cause: lastFailure,
    });
  };
  return {
    get state() {
      if (openedAtMs === undefined) return "closed";
      return recoversInMs() > 0 ? "open" : "half_open";
    },
    refusal,
    async execute(task, { signal = new AbortController().signal } = {}) {
      const refused = refusal();
      if (refused !== undefined) throw refused;
      const isTrial = openedAtMs !== undefined;
      isTrying ||= isTrial;
      try {
        const result = await task({ signal });
        failures = 0;
        openedAtMs = undefined;
        lastFailure = undefined;
        return result;
      } catch (error) {
        // Calls that began before it opened must not keep it open for longer.
        const counts =
          failureCodes.some((code) => isAntiphonError(error, code)) && (isTrial || openedAtMs === undefined);
        if (counts) lastFailure = error;
        if (counts && (++failures >= failureThreshold || isTrial)) openedAtMs = clock.monotonicMs();
        throw error;
      } finally {
        if (isTrial) isTrying = false;
      }
    },
  };
}

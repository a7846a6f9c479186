import { createEmitter, systemClock, type Clock, type EventSource } from "@antiphon/std";
import { createCircuit, type CircuitSnapshot, type CircuitState } from "./circuit.ts";
import { createPolicy, type ResiliencePolicy } from "./policy.ts";
import { requireAtLeast, ResilienceError } from "./resilience-error.ts";

export { CircuitState, type CircuitSnapshot } from "./circuit.ts";

/** What a {@link CircuitBreaker} tells its listeners. */
export type CircuitEvent = {
  /** The breaker began to treat calls in another way. */
  readonly type: "stateChange";
  /** The state before. */
  readonly from: CircuitState;
  /** The state now. */
  readonly to: CircuitState;
};

/** Options of {@link createCircuitBreaker}. */
export interface CircuitBreakerOptions {
  /** What it guards, for messages. Defaults to `the service`. */
  readonly name?: string | undefined;
  /** Failures in a row that open it; at least 1. Defaults to 5. */
  readonly failureThreshold?: number | undefined;
  /** How long it stays open before a trial, in milliseconds. Defaults to 30,000. */
  readonly recoveryTimeoutMs?: number | undefined;
  /** A call that takes longer counts as a failure, even when it succeeds. Defaults to no such limit. */
  readonly expectedResponseMs?: number | undefined;
  /** Calls that must succeed, and that may run at once, in the half-open state; at least 1. Defaults to 1. */
  readonly trialCalls?: number | undefined;
  /** Which errors count as failures. Defaults to all; a call that its own caller gave up counts as nothing. */
  readonly isFailure?: ((error: unknown) => boolean) | undefined;
  /** The state to start from. Defaults to closed. */
  readonly snapshot?: CircuitSnapshot | undefined;
  /** Where the time is read; the breaker sets no timers. */
  readonly clock?: Clock | undefined;
}

/** What a {@link CircuitBreaker} has counted. */
export interface CircuitStats extends CircuitSnapshot {
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** Milliseconds until a trial call may be made; 0 unless it is open. */
  readonly recoversInMs: number;
  /** Calls let through. */
  readonly calls: number;
  /** Calls that counted as successes. */
  readonly successes: number;
  /** Calls that counted as failures, the slow ones with them. */
  readonly totalFailures: number;
  /** Calls that were too slow. */
  readonly slowCalls: number;
  /** Calls refused. */
  readonly rejected: number;
  /** How often it opened. */
  readonly opened: number;
}

/** A policy that refuses calls to a service that keeps failing. */
export interface CircuitBreaker extends ResiliencePolicy, EventSource<CircuitEvent>, AsyncDisposable {
  /** What it would do with a call now. */
  readonly state: CircuitState;
  /** What was counted so far. */
  stats(): CircuitStats;
  /** The state as plain data. */
  snapshot(): CircuitSnapshot;
  /** Closes the circuit and forgets the failures, for an operator who knows better. */
  reset(): void;
  /** Refuses every later call with `RESILIENCE_CLOSED`; calls that run go on. */
  close(): Promise<void>;
}

/**
 * Builds a {@link CircuitBreaker}. Calls that began before the circuit changed its state no longer count when they end.
 *
 * @throws ResilienceError `RESILIENCE_OPTIONS_INVALID`; its calls reject with `RESILIENCE_CIRCUIT_OPEN` or `RESILIENCE_CLOSED`.
 * @see Nygard: "Release It!", chapter Stability Patterns
 */
export function createCircuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
  const { name = "the service", clock = systemClock, isFailure = () => true } = options;
  const { expectedResponseMs = Infinity, failureThreshold = 5, recoveryTimeoutMs = 30_000, trialCalls = 1 } = options;
  for (const [key, value] of Object.entries({ failureThreshold, trialCalls }))
    requireAtLeast("createCircuitBreaker", key, value, 1);
  requireAtLeast("createCircuitBreaker", "recoveryTimeoutMs", recoveryTimeoutMs, 0);
  const emitter = createEmitter<CircuitEvent>();
  const circuit = createCircuit({
    failureThreshold,
    recoveryTimeoutMs,
    trialCalls,
    clock,
    snapshot: options.snapshot,
    onChange(from, to) {
      if (to === "closed") lastFailure = undefined;
      emitter.emit({ type: "stateChange", from, to });
    },
  });
  const isTimed = expectedResponseMs !== Infinity;
  let isClosed = false;
  /** What went wrong most recently: the reason for a refusal. */
  let lastFailure: unknown;
  let slowCalls = 0;
  let rejected = 0;

  const refuse = () => {
    rejected++;
    if (isClosed) return new ResilienceError("RESILIENCE_CLOSED", `the breaker of ${name} was closed`);
    const retryAfterMs = circuit.recoversInMs();
    return new ResilienceError(
      "RESILIENCE_CIRCUIT_OPEN",
      `the circuit of ${name} is open; try again in ${Math.ceil(retryAfterMs)} ms`,
      { retryable: true, details: { name, retryAfterMs }, cause: lastFailure },
    );
  };
  const policy = createPolicy(
    async (task, scope) => {
      const call = isClosed ? undefined : circuit.admit();
      if (call === undefined) throw refuse();
      const startedMs = isTimed ? clock.monotonicMs() : 0;
      try {
        const result = await task(scope);
        const isSlow = isTimed && clock.monotonicMs() - startedMs > expectedResponseMs;
        if (isSlow) slowCalls++;
        circuit.settle(call, isSlow ? "failure" : "success");
        return result;
      } catch (error) {
        // Who gave up says nothing about the service, but must not keep a trial's place.
        const outcome = scope.aborted ? "ignored" : isFailure(error) ? "failure" : "success";
        if (outcome === "failure") lastFailure = error;
        circuit.settle(call, outcome);
        throw error;
      }
    },
    {
      on: emitter.on,
      events: emitter.events,
      get state() {
        return circuit.state();
      },
      stats: () => ({
        ...circuit.snapshot(),
        ...circuit.counts(),
        failureThreshold,
        recoversInMs: circuit.recoversInMs(),
        slowCalls,
        rejected,
      }),
      snapshot: circuit.snapshot,
      reset: circuit.reset,
      close,
      [Symbol.asyncDispose]: close,
    },
  );
  function close(): Promise<void> {
    isClosed = true;
    emitter.close();
    return Promise.resolve();
  }
  return policy;
}

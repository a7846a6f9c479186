import type { Clock } from "@antiphon/std";

/** What a circuit breaker does with calls. */
export const CircuitState = {
  /** Lets all calls through. */
  closed: "closed",
  /** Refuses all calls. */
  open: "open",
  /** Lets a few calls through, to see whether the service has recovered. */
  halfOpen: "halfOpen",
} as const;

/** One of {@link CircuitState}. */
export type CircuitState = (typeof CircuitState)[keyof typeof CircuitState];

/** A breaker's state as plain data, for a later process. */
export interface CircuitSnapshot {
  /** What the breaker does with calls. */
  readonly state: CircuitState;
  /** Failures in a row. */
  readonly failures: number;
  /** When it opened, in milliseconds since the Unix epoch; null unless it is open. */
  readonly openedAtMs: number | null;
}

/** How a call ended, as far as the circuit is concerned. */
type Outcome = "success" | "failure" | "ignored";

interface CircuitOptions {
  readonly failureThreshold: number;
  readonly recoveryTimeoutMs: number;
  readonly trialCalls: number;
  readonly clock: Clock;
  readonly snapshot: CircuitSnapshot | undefined;
  readonly onChange: (from: CircuitState, to: CircuitState) => void;
}

/** The state machine of a breaker, without the calls. */
export interface Circuit {
  /** The phase that a call belongs to, to be given back to `settle`; undefined when it may not be made. */
  admit(): number | undefined;
  /** Counts the end of a call, unless its phase is over. */
  settle(phase: number, outcome: Outcome): void;
  /** What would happen to a call now. */
  state(): CircuitState;
  /** Milliseconds until a trial; 0 unless open. */
  recoversInMs(): number;
  snapshot(): CircuitSnapshot;
  reset(): void;
  counts(): { calls: number; successes: number; totalFailures: number; opened: number };
}

/** Builds a {@link Circuit}. */
export function createCircuit(options: CircuitOptions): Circuit {
  const { failureThreshold, recoveryTimeoutMs, trialCalls, clock, snapshot: restored, onChange } = options;
  let state: CircuitState = restored?.state ?? "closed";
  let failures = restored?.failures ?? 0;
  let openedAtMs = restored?.openedAtMs ?? clock.now();
  // The wall clock may have jumped between two processes: never wait longer than one recovery time.
  let opensAgainMs = clock.monotonicMs() + Math.min(recoveryTimeoutMs, openedAtMs + recoveryTimeoutMs - clock.now());
  let phase = 0;
  let trialsRunning = 0;
  let trialsPassed = 0;
  const counted = { calls: 0, successes: 0, totalFailures: 0, opened: 0 };

  const enter = (next: CircuitState) => {
    const before = state;
    state = next;
    phase++;
    trialsRunning = 0;
    trialsPassed = 0;
    if (next === "closed") failures = 0;
    if (next === "open") {
      counted.opened++;
      openedAtMs = clock.now();
      opensAgainMs = clock.monotonicMs() + recoveryTimeoutMs;
    }
    if (before !== next) onChange(before, next);
  };
  const recoversInMs = () => (state === "open" ? Math.max(0, opensAgainMs - clock.monotonicMs()) : 0);
  const onSuccess = () => {
    counted.successes++;
    if (state === "closed") failures = 0;
    else if (++trialsPassed >= trialCalls) enter("closed");
  };
  const onFailure = () => {
    counted.totalFailures++;
    failures++;
    if (state === "halfOpen" || failures >= failureThreshold) enter("open");
  };

  return {
    admit() {
      if (state === "open" && recoversInMs() === 0) enter("halfOpen");
      if (state === "open") return undefined;
      if (state === "halfOpen") {
        if (trialsRunning + trialsPassed >= trialCalls) return undefined;
        trialsRunning++;
      }
      counted.calls++;
      return phase;
    },
    settle(callPhase, outcome) {
      if (callPhase !== phase) return;
      if (state === "halfOpen") trialsRunning--;
      if (outcome === "success") onSuccess();
      else if (outcome === "failure") onFailure();
    },
    state: () => (state === "open" && recoversInMs() === 0 ? "halfOpen" : state),
    recoversInMs,
    snapshot: () => ({ state, failures, openedAtMs: state === "open" ? openedAtMs : null }),
    reset: () => enter("closed"),
    counts: () => ({ ...counted }),
  };
}

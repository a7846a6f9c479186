import { systemClock, type Clock } from "@antiphon/std";
import { createMethodWrapper, type MethodWrapper } from "../method-wrapper.ts";
import { defaultMetrics, type Metrics } from "./metrics.ts";

/** A call that took longer than it should. */
export interface SlowCall {
  /** The method's or function's name, or the one given. */
  readonly operation: string;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** Options of {@link monitorPerformance}. */
export interface MonitorPerformanceOptions {
  /** What the calls are called. Defaults to the method's or function's name. */
  readonly name?: string;
  /** A call that takes longer is slow, in milliseconds. Defaults to never. */
  readonly slowThresholdMs?: number;
  /** Told about each slow call; must not throw. */
  readonly onSlow?: (call: SlowCall) => void;
  /** Time of the measurement. */
  readonly clock?: Clock;
}

/**
 * Measures each call of a function; decorator and higher-order function. It records the timer `call_duration_ms` by `operation` and
 * `outcome` (`ok` or `error`), and counts `slow_calls_total`.
 */
export function monitorPerformance(
  metrics: Metrics = defaultMetrics(),
  options: MonitorPerformanceOptions = {},
): MethodWrapper {
  const { name, slowThresholdMs = Number.POSITIVE_INFINITY, onSlow = () => {}, clock = systemClock } = options;
  const labelNames = ["operation", "outcome"];
  const durations = metrics.timer("call_duration_ms", { help: "Duration of calls", labelNames });
  const slow = metrics.counter("slow_calls_total", { help: "Calls over their threshold", labelNames: ["operation"] });
  return createMethodWrapper(async (call, methodName) => {
    const operation = name ?? methodName;
    const beganMs = clock.monotonicMs();
    let outcome = "error";
    try {
      const result = await call();
      outcome = "ok";
      return result;
    } finally {
      const durationMs = clock.monotonicMs() - beganMs;
      durations.observe(durationMs, { operation, outcome });
      if (durationMs > slowThresholdMs) {
        slow.increment({ operation });
        onSlow({ operation, durationMs });
      }
    }
  });
}

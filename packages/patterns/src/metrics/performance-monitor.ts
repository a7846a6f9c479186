import { systemClock, type Clock } from "@antiphon/std";
import { createMetrics, type Metrics } from "./metrics.ts";
import { createSystemSampler, type SystemStats } from "./system-stats.ts";

/** What was measured under one name. */
export interface TimingStats {
  /** How often. */
  readonly count: number;
  /** The mean, in milliseconds. */
  readonly averageMs: number;
  /** The shortest, in milliseconds. */
  readonly minimumMs: number;
  /** The longest, in milliseconds. */
  readonly maximumMs: number;
}

/** What a {@link PerformanceMonitor} has seen. */
export interface PerformanceStats {
  /** How long the monitor has existed, in milliseconds. */
  readonly uptimeMs: number;
  /** Each counter's value. */
  readonly counters: Readonly<Record<string, number>>;
  /** Each gauge's last value. */
  readonly gauges: Readonly<Record<string, number>>;
  /** What was measured, by name. */
  readonly timings: Readonly<Record<string, TimingStats>>;
}

/** Records by name, with nothing to declare, and tells totals at once. Everything is also in its metrics. */
export interface PerformanceMonitor extends Disposable {
  /** Records a duration, in milliseconds. */
  recordTiming(name: string, durationMs: number): void;
  /** Adds to a counter, one by default. */
  increment(name: string, amount?: number): void;
  /** Sets a gauge. */
  setGauge(name: string, value: number): void;
  /** Totals so far. */
  stats(): PerformanceStats;
  /** What the process uses. */
  systemStats(): SystemStats;
  /** Where everything is recorded as well. */
  readonly metrics: Metrics;
}

/** Builds a {@link PerformanceMonitor}; dispose it to stop watching the event loop. */
export function createPerformanceMonitor(
  options: { readonly metrics?: Metrics; readonly clock?: Clock } = {},
): PerformanceMonitor {
  const { metrics = createMetrics(), clock = systemClock } = options;
  const sampler = createSystemSampler(clock);
  const beganMs = clock.monotonicMs();
  const counters = new Map<string, number>();
  const gauges = new Map<string, number>();
  const timings = new Map<string, { count: number; totalMs: number; minimumMs: number; maximumMs: number }>();
  return {
    recordTiming(name, durationMs) {
      metrics.timer(name).observe(durationMs);
      const timing = timings.get(name) ?? { count: 0, totalMs: 0, minimumMs: durationMs, maximumMs: durationMs };
      timings.set(name, {
        count: timing.count + 1,
        totalMs: timing.totalMs + durationMs,
        minimumMs: Math.min(timing.minimumMs, durationMs),
        maximumMs: Math.max(timing.maximumMs, durationMs),
      });
    },
    increment(name, amount = 1) {
      metrics.counter(name).add(amount);
      counters.set(name, (counters.get(name) ?? 0) + amount);
    },
    setGauge(name, value) {
      metrics.gauge(name).set(value);
      gauges.set(name, value);
    },
    stats: () => ({
      uptimeMs: clock.monotonicMs() - beganMs,
      counters: Object.fromEntries(counters),
      gauges: Object.fromEntries(gauges),
      timings: Object.fromEntries(
        [...timings].map(([name, { totalMs, ...rest }]) => [name, { ...rest, averageMs: totalMs / rest.count }]),
      ),
    }),
    systemStats: () => sampler.sample(),
    metrics,
    [Symbol.dispose]: () => sampler[Symbol.dispose](),
  };
}

import { monitorEventLoopDelay } from "node:perf_hooks";
import { systemClock, type Clock } from "@antiphon/std";
import type { Metrics } from "./metrics.ts";

/** What the process uses. */
export interface SystemStats {
  /** Processor time since the last sample, in percent of one core; may exceed 100. */
  readonly cpuPercent: number;
  /** Resident memory, in bytes. */
  readonly memoryBytes: number;
  /** Used heap of V8, in bytes. */
  readonly heapUsedBytes: number;
  /** Memory outside the heap that V8 knows of, such as buffers, in bytes. */
  readonly externalBytes: number;
  /** 99th percentile of the event loop's delay since the last sample, in milliseconds. */
  readonly eventLoopLagMs: number;
  /** How long the process has run, in milliseconds. */
  readonly uptimeMs: number;
}

/** Measures this process. */
export interface SystemSampler extends Disposable {
  /** What the process used since the last sample, or since the sampler was built. */
  sample(): SystemStats;
}

const NANOSECONDS_PER_MILLISECOND = 1e6;
const MICROSECONDS_PER_MILLISECOND = 1e3;
/** How often the event loop's delay is looked at; the delay that this alone causes is taken off. */
const RESOLUTION_MS = 10;

/** Builds a {@link SystemSampler}; dispose it to stop measuring. */
export function createSystemSampler(clock: Clock = systemClock): SystemSampler {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let lastCpu = process.cpuUsage();
  let lastMs = clock.monotonicMs();
  return {
    sample() {
      const cpu = process.cpuUsage(lastCpu);
      const nowMs = clock.monotonicMs();
      const elapsedMs = Math.max(nowMs - lastMs, 1);
      const lagMs =
        delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / NANOSECONDS_PER_MILLISECOND - RESOLUTION_MS);
      const { rss, heapUsed, external } = process.memoryUsage();
      lastCpu = process.cpuUsage();
      lastMs = nowMs;
      delay.reset();
      return {
        cpuPercent: ((cpu.user + cpu.system) / MICROSECONDS_PER_MILLISECOND / elapsedMs) * 100,
        memoryBytes: rss,
        heapUsedBytes: heapUsed,
        externalBytes: external,
        eventLoopLagMs: lagMs,
        uptimeMs: process.uptime() * 1_000,
      };
    },
    [Symbol.dispose]: () => void delay.disable(),
  };
}

/** Options of {@link collectSystemMetrics}. */
export interface SystemMetricsOptions {
  /** How often, in milliseconds. Defaults to 60,000. */
  readonly intervalMs?: number;
  /** Time of the interval. */
  readonly clock?: Clock;
}

/**
 * Keeps gauges of this process up to date: `process_cpu_percent`, `process_memory_bytes` by `kind`, `process_event_loop_lag_ms`,
 * `process_uptime_ms`. Disposing stops; the process may end while it runs.
 */
export function collectSystemMetrics(metrics: Metrics, options: SystemMetricsOptions = {}): Disposable {
  const { intervalMs = 60_000, clock = systemClock } = options;
  const sampler = createSystemSampler(clock);
  const cpu = metrics.gauge("process_cpu_percent", { help: "Processor time in percent of one core" });
  const memory = metrics.gauge("process_memory_bytes", { help: "Memory by kind", labelNames: ["kind"] });
  const lag = metrics.gauge("process_event_loop_lag_ms", { help: "99th percentile of the event loop's delay" });
  const uptime = metrics.gauge("process_uptime_ms", { help: "How long the process has run" });
  const collect = () => {
    const stats = sampler.sample();
    cpu.set(stats.cpuPercent);
    memory.set(stats.memoryBytes, { kind: "resident" });
    memory.set(stats.heapUsedBytes, { kind: "heap_used" });
    memory.set(stats.externalBytes, { kind: "external" });
    lag.set(stats.eventLoopLagMs);
    uptime.set(stats.uptimeMs);
    timer = clock.setTimer(intervalMs, collect, { keepAlive: false });
  };
  let timer = clock.setTimer(0, collect, { keepAlive: false });
  return {
    [Symbol.dispose]() {
      timer.cancel();
      sampler[Symbol.dispose]();
    },
  };
}

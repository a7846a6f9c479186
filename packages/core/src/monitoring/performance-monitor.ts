import { silentLogger, systemClock, type Clock, type Logger, type Timer } from "@antiphon/std";
import { checkOption } from "../option-error.ts";
import type { ClientStats } from "./client-stats.ts";
import type { ObservedLimiter, PerformanceMetrics } from "./performance-metrics.ts";
import { performanceReport } from "./performance-report.ts";

/** Options of {@link createPerformanceMonitor}. */
export interface PerformanceMonitorOptions {
  /** Whose figures are watched: a client, or anything else that has them. */
  readonly client: { stats(): ClientStats };
  /** How far back rates and ratios reach, in milliseconds, at least 1,000. Defaults to 60,000. */
  readonly windowMs?: number | undefined;
  /** How often the report is logged, in milliseconds; 0 never. Defaults to 0. */
  readonly reportEveryMs?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

/** Watches a client's figures; its timers do not keep the process alive. */
export interface PerformanceMonitor extends Disposable, AsyncDisposable {
  metrics(): PerformanceMetrics;
  /** The metrics as lines of text for a person. */
  generateReport(): string;
  /** Takes a limiter into metrics and report until the returned Disposable is disposed. */
  addRateLimiter(limiter: ObservedLimiter): Disposable;
  /** Stops the timers; idempotent. */
  close(): void;
}

interface Sample {
  readonly atMs: number;
  readonly stats: ClientStats;
}

const SAMPLES = 12;
const DEFAULT_WINDOW_MS = 60_000;

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function metricsBetween(from: Sample, to: Sample): Omit<PerformanceMetrics, "limiters"> {
  const windowMs = to.atMs - from.atMs;
  const [then, now] = [from.stats, to.stats];
  const since = (pick: (stats: ClientStats) => number) => pick(now) - pick(then);
  const perSecond = (count: number) => ratio(count * 1000, windowMs);
  const calls = since(({ requests }) => requests.calls.count);
  const dispatches = since((stats) => stats.dispatches.count);
  const handled = since(({ interactions }) => interactions.handled);
  const hits = ({ requests: { transport } }: ClientStats) =>
    (transport?.rateLimited ?? 0) - (transport?.sharedRateLimited ?? 0);
  const reused = since(({ requests }) => requests.transport?.pool?.reused ?? 0);
  const leases = reused + since(({ requests }) => requests.transport?.pool?.opened ?? 0);
  const joined = ({ requests: { batcher } }: ClientStats) => (batcher?.handled ?? 0) + (batcher?.deduplicated ?? 0);
  const { calls: all, failures, transport, batcher } = now.requests;
  return {
    windowMs,
    requestsTotal: all.count,
    requestsSuccessful: all.count - failures,
    requestsFailed: failures,
    meanResponseMs: ratio(
      since(({ requests }) => requests.calls.totalMs),
      calls,
    ),
    requestsPerSecond: perSecond(calls),
    requestFailureRatio: ratio(
      since(({ requests }) => requests.failures),
      calls,
    ),
    connectionReuseRatio: transport?.pool === undefined ? undefined : ratio(reused, leases),
    batchedRatio: batcher === undefined ? undefined : ratio(since(joined), calls),
    rateLimited: transport === undefined ? undefined : since(hits),
    dispatchesPerSecond: perSecond(dispatches),
    meanDispatchMs: ratio(
      since((stats) => stats.dispatches.totalMs),
      dispatches,
    ),
    interactionFailureRatio: ratio(
      since(({ interactions }) => interactions.failed),
      handled,
    ),
    interactionsHandled: handled,
    cacheFailures: since(({ cache }) => cache.failures),
    client: now,
  };
}

/**
 * Builds a {@link PerformanceMonitor} and takes its first sample.
 *
 * @throws {@link CoreError} `CORE_OPTION_INVALID`
 */
export function createPerformanceMonitor(options: PerformanceMonitorOptions): PerformanceMonitor {
  const { client, windowMs = DEFAULT_WINDOW_MS, reportEveryMs = 0 } = options;
  const { clock = systemClock, logger = silentLogger } = options;
  checkOption("createPerformanceMonitor", "windowMs", windowMs, 1_000);
  checkOption("createPerformanceMonitor", "reportEveryMs", reportEveryMs, 0);
  const takeSample = (): Sample => ({ atMs: clock.monotonicMs(), stats: client.stats() });
  const first = takeSample();
  const samples: [Sample, ...Sample[]] = [first];
  const limiters = new Set<ObservedLimiter>();
  const timers = new Map<string, Timer>();
  const every = (name: string, intervalMs: number, action: () => void) => {
    const run = () => {
      action();
      timers.set(name, clock.setTimer(intervalMs, run, { keepAlive: false }));
    };
    timers.set(name, clock.setTimer(intervalMs, run, { keepAlive: false }));
  };
  const metrics = (): PerformanceMetrics => ({
    ...metricsBetween(samples[0], takeSample()),
    limiters: Object.fromEntries(Array.from(limiters, (limiter) => [limiter.name, limiter.stats()])),
  });
  const generateReport = () => performanceReport(metrics());

  every("sample", windowMs / SAMPLES, () => {
    samples.push(takeSample());
    if (samples.length > SAMPLES) samples.shift();
  });
  if (reportEveryMs > 0) every("report", reportEveryMs, () => logger.info(generateReport()));
  const close = () => {
    for (const timer of timers.values()) timer.cancel();
    timers.clear();
  };
  return {
    metrics,
    generateReport,
    addRateLimiter(limiter) {
      limiters.add(limiter);
      return { [Symbol.dispose]: () => void limiters.delete(limiter) };
    },
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => close(),
  };
}

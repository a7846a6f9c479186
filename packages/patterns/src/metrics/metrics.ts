import { systemClock, type Clock } from "@antiphon/std";
import { Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, Registry } from "prom-client";
import { PatternsError } from "../error.ts";
import { createSeriesGuard, type Labels } from "./series-guard.ts";

/** A number that only grows. */
export interface Counter {
  /** Adds one. */
  increment(labels?: Labels): void;
  /** Adds an amount of 0 or more. @throws PatternsError PATTERNS_INVALID_ARGUMENT for a negative or no number */
  add(amount: number, labels?: Labels): void;
}

/** A number that goes up and down. */
export interface Gauge {
  /** Sets it. @throws PatternsError PATTERNS_INVALID_ARGUMENT for what is not finite */
  set(value: number, labels?: Labels): void;
}

/** How often values fell below each of some bounds. */
export interface Histogram {
  /** Counts a value. @throws PatternsError PATTERNS_INVALID_ARGUMENT for what is not finite */
  observe(value: number, labels?: Labels): void;
}

/** A measurement in progress. */
export interface RunningTimer extends Disposable {
  /** Ends the measurement and records it, the first time only. Returns the elapsed milliseconds. */
  stop(): number;
}

/** A histogram of durations in milliseconds. */
export interface TimerMetric {
  /** Starts a measurement; those that overlap stay separate. */
  start(labels?: Labels): RunningTimer;
  /** Records a duration that was measured elsewhere, in milliseconds. */
  observe(durationMs: number, labels?: Labels): void;
}

/** What a metric is made with. The first use of a name decides. */
export interface MetricOptions {
  /** What it says, for whoever reads the metrics. Defaults to the name. */
  readonly help?: string;
  /** The names of its labels. */
  readonly labelNames?: readonly string[];
}

/** What a histogram is made with. */
export interface HistogramOptions extends MetricOptions {
  /** Ascending bounds. Defaults to prom-client's, from 0.005 to 10; for timers from 1 to 60,000 ms. */
  readonly buckets?: readonly number[];
}

/** Options of {@link createMetrics}. */
export interface MetricsOptions {
  /** Stands before each name, such as `antiphon_`. */
  readonly prefix?: string;
  /** The most combinations of labels of one metric; further ones are not recorded, and counted. Defaults to 1,000. */
  readonly seriesLimit?: number;
  /** Time of timers. */
  readonly clock?: Clock;
}

/** A registry of metrics; there is no global one. */
export interface Metrics {
  /** The counter of that name, made on first use. @throws PatternsError PATTERNS_INVALID_ARGUMENT for a bad name or one of another kind */
  counter(name: string, options?: MetricOptions): Counter;
  /** The gauge of that name; throws as `counter` does. */
  gauge(name: string, options?: MetricOptions): Gauge;
  /** The histogram of that name; throws as `counter` does. */
  histogram(name: string, options?: HistogramOptions): Histogram;
  /** The timer of that name; throws as `counter` does. */
  timer(name: string, options?: HistogramOptions): TimerMetric;
  /** Everything in Prometheus's text format. */
  text(): Promise<string>;
  /** The content type of {@link Metrics.text}. */
  readonly contentType: string;
  /** Recordings that were lost because their metric had too many combinations of labels. */
  readonly dropped: number;
}

const NAME = /^[a-zA-Z_:][\w:]*$/;
const TIMER_BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

function invalid(message: string): PatternsError {
  return new PatternsError("PATTERNS_INVALID_ARGUMENT", message);
}

function requireFinite(name: string, value: number, minimum = Number.NEGATIVE_INFINITY): void {
  if (Number.isFinite(value) && value >= minimum) return;
  const wanted = minimum === 0 ? "a number from 0" : "a finite number";
  throw invalid(`The metric "${name}" takes ${wanted}, not ${value}.`);
}

type Kind = "counter" | "gauge" | "histogram" | "timer";

/** Builds a {@link Metrics}. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { prefix = "", seriesLimit = 1_000, clock = systemClock } = options;
  const registry = new Registry();
  const known = new Map<string, { readonly kind: Kind; readonly metric: unknown }>();
  let dropped = 0;
  const createGuard = () => createSeriesGuard(seriesLimit, () => dropped++);

  const once = <Metric>(kind: Kind, name: string, make: (fullName: string) => Metric): Metric => {
    const found = known.get(name);
    if (found?.kind === kind) return found.metric as Metric;
    if (found !== undefined) throw invalid(`The metric "${name}" is a ${found.kind}, and cannot be a ${kind} too.`);
    if (!NAME.test(prefix + name))
      throw invalid(`"${prefix}${name}" is no metric name: it takes letters, digits, _ and :.`);
    const metric = make(prefix + name);
    known.set(name, { kind, metric });
    return metric;
  };
  const settings = (name: string, { help = name, labelNames = [] }: MetricOptions) => ({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
  const makeHistogram = (name: string, settingsOf: HistogramOptions): Histogram => {
    const { buckets } = settingsOf;
    if (buckets?.some((bound, index) => index > 0 && bound <= (buckets[index - 1] ?? bound)) === true)
      throw invalid(`The buckets of the metric "${name}" must ascend.`);
    const target = new PromHistogram({
      ...settings(name, settingsOf),
      ...(buckets === undefined ? {} : { buckets: [...buckets] }),
    });
    const admit = createGuard();
    return {
      observe(value, labels) {
        requireFinite(name, value);
        if (labels === undefined) target.observe(value);
        else if (admit(labels)) target.observe(labels, value);
      },
    };
  };

  return {
    counter: (name, counterOptions = {}) =>
      once("counter", name, (fullName) => {
        const target = new PromCounter(settings(fullName, counterOptions));
        const admit = createGuard();
        const add = (amount: number, labels?: Labels) => {
          requireFinite(name, amount, 0);
          if (labels === undefined) target.inc(amount);
          else if (admit(labels)) target.inc(labels, amount);
        };
        return { add, increment: (labels) => add(1, labels) } satisfies Counter;
      }),
    gauge: (name, gaugeOptions = {}) =>
      once("gauge", name, (fullName) => {
        const target = new PromGauge(settings(fullName, gaugeOptions));
        const admit = createGuard();
        return {
          set(value, labels) {
            requireFinite(name, value);
            if (labels === undefined) target.set(value);
            else if (admit(labels)) target.set(labels, value);
          },
        } satisfies Gauge;
      }),
    histogram: (name, histogramOptions = {}) =>
      once("histogram", name, (fullName) => makeHistogram(fullName, histogramOptions)),
    timer: (name, timerOptions = {}) =>
      once("timer", name, (fullName) => {
        const { observe } = makeHistogram(fullName, { buckets: TIMER_BUCKETS_MS, ...timerOptions });
        return {
          observe,
          start: (labels) => startTimer(clock, (elapsedMs) => observe(elapsedMs, labels)),
        } satisfies TimerMetric;
      }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    get dropped() {
      return dropped;
    },
  };
}

function startTimer(clock: Clock, record: (elapsedMs: number) => void): RunningTimer {
  const beganMs = clock.monotonicMs();
  let elapsedMs: number | undefined;
  const stop = () => {
    if (elapsedMs === undefined) {
      elapsedMs = clock.monotonicMs() - beganMs;
      record(elapsedMs);
    }
    return elapsedMs;
  };
  return { stop, [Symbol.dispose]: () => void stop() };
}

let shared: Metrics | undefined;

/** The registry that `monitorPerformance()` uses when it is given none; built on first use. */
export function defaultMetrics(): Metrics {
  shared ??= createMetrics();
  return shared;
}

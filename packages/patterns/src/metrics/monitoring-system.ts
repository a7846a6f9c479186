import { createEmitter, systemClock, toDisposable, type Clock, type EventSource } from "@antiphon/std";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { Labels } from "./series-guard.ts";

/** When a metric calls for somebody. */
export interface MetricAlertRule {
  /** What the alert is called. */
  readonly name: string;
  /** Which metric. */
  readonly metric: string;
  /** Whether a value is critical. */
  readonly when: (value: number, tags: Labels) => boolean;
  /** How long to stay silent after an alert, in milliseconds. Defaults to 300,000. */
  readonly cooldownMs?: number;
}

/** What a {@link MonitoringSystem} tells. */
export type MonitoringEvent = {
  /** A metric shows a critical issue. */
  readonly type: "alert";
  /** The rule's name. */
  readonly name: string;
  /** The metric. */
  readonly metric: string;
  /** The value that called for it. */
  readonly value: number;
  /** The value's tags. */
  readonly tags: Labels;
};

/** How the system is, by what its rules say of the last values. */
export interface MonitoringHealth {
  /** `degraded` while the last value of a rule's metric was critical. */
  readonly status: "healthy" | "degraded";
  /** The names of the rules that hold now. */
  readonly activeAlerts: readonly string[];
  /** Alerts that were not told because of their cool-down. */
  readonly suppressedAlerts: number;
}

/** Records values of named metrics with tags, and raises alerts by rules. */
export interface MonitoringSystem extends Pick<EventSource<MonitoringEvent>, "on" | "events"> {
  /** Records a value; the first use of a name decides which tags it has. */
  recordMetric(name: string, value: number, tags?: Labels): void;
  /** Adds a rule. Disposing removes it. */
  addAlert(rule: MetricAlertRule): Disposable;
  /** How the system is. */
  getHealthStatus(): MonitoringHealth;
  /** Where the values are recorded, as gauges. */
  readonly metrics: Metrics;
}

/** Builds a {@link MonitoringSystem}. */
export function createMonitoringSystem(
  options: { readonly metrics?: Metrics; readonly clock?: Clock } = {},
): MonitoringSystem {
  const { metrics = createMetrics(), clock = systemClock } = options;
  const emitter = createEmitter<MonitoringEvent>();
  const rules = new Map<MetricAlertRule, { active: boolean; toldAtMs: number }>();
  let suppressed = 0;
  return {
    recordMetric(name, value, tags = {}) {
      metrics.gauge(name, { labelNames: Object.keys(tags) }).set(value, tags);
      for (const [rule, state] of rules) {
        if (rule.metric !== name) continue;
        state.active = rule.when(value, tags);
        if (!state.active) continue;
        const nowMs = clock.monotonicMs();
        if (nowMs - state.toldAtMs < (rule.cooldownMs ?? 300_000)) {
          suppressed++;
          continue;
        }
        state.toldAtMs = nowMs;
        emitter.emit({ type: "alert", name: rule.name, metric: name, value, tags });
      }
    },
    addAlert(rule) {
      rules.set(rule, { active: false, toldAtMs: Number.NEGATIVE_INFINITY });
      return toDisposable(() => void rules.delete(rule));
    },
    getHealthStatus() {
      const activeAlerts = [...rules].filter(([, { active }]) => active).map(([{ name }]) => name);
      return { status: activeAlerts.length === 0 ? "healthy" : "degraded", activeAlerts, suppressedAlerts: suppressed };
    },
    metrics,
    on: emitter.on,
    events: emitter.events,
  };
}

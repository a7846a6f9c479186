export {
  createMetrics,
  defaultMetrics,
  type Counter,
  type Gauge,
  type Histogram,
  type HistogramOptions,
  type MetricOptions,
  type Metrics,
  type MetricsOptions,
  type RunningTimer,
  type TimerMetric,
} from "./metrics.ts";
export { monitorPerformance, type MonitorPerformanceOptions, type SlowCall } from "./monitor-performance.ts";
export {
  createMonitoringSystem,
  type MetricAlertRule,
  type MonitoringEvent,
  type MonitoringHealth,
  type MonitoringSystem,
} from "./monitoring-system.ts";
export {
  createPerformanceMonitor,
  type PerformanceMonitor,
  type PerformanceStats,
  type TimingStats,
} from "./performance-monitor.ts";
export type { Labels } from "./series-guard.ts";
export {
  collectSystemMetrics,
  createSystemSampler,
  type SystemMetricsOptions,
  type SystemSampler,
  type SystemStats,
} from "./system-stats.ts";

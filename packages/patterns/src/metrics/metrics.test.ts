import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";
import { monitorPerformance, type SlowCall } from "./monitor-performance.ts";
import { createMonitoringSystem } from "./monitoring-system.ts";
import { createPerformanceMonitor } from "./performance-monitor.ts";
import { collectSystemMetrics } from "./system-stats.ts";

test("metrics come out in Prometheus's text format", async () => {
  const clock = createManualClock();
  const metrics = createMetrics({ prefix: "bot_", clock });
  const requests = metrics.counter("requests_total", { help: "Requests", labelNames: ["route"] });
  requests.increment({ route: "/play" });
  requests.add(4, { route: "/play" });
  metrics.gauge("memory_usage").set(1024);
  metrics.histogram("response_time", { buckets: [1, 5, 10] }).observe(3.5);
  const timer = metrics.timer("operation_duration_ms", { buckets: [100, 1_000] });
  const first = timer.start();
  const second = timer.start();
  await clock.advance(250);
  expect([first.stop(), first.stop()]).toEqual([250, 250]);
  await clock.advance(500);
  second[Symbol.dispose]();
  const text = await metrics.text();
  expect(text).toContain(
    '# HELP bot_requests_total Requests\n# TYPE bot_requests_total counter\nbot_requests_total{route="/play"} 5',
  );
  expect(text).toContain("bot_memory_usage 1024");
  expect(text).toContain('bot_response_time_bucket{le="5"} 1');
  expect(text).toContain("bot_operation_duration_ms_sum 1000\nbot_operation_duration_ms_count 2");
  expect(metrics.contentType).toContain("text/plain");
});

test("a name is one metric, of one kind", () => {
  const metrics = createMetrics();
  expect(metrics.counter("a")).toBe(metrics.counter("a"));
  expect(() => metrics.gauge("a")).toThrow(/"a" is a counter/);
  expect(() => metrics.counter("a b")).toThrow(/no metric name/);
});

test("what is no value is refused with the metric's name", () => {
  const metrics = createMetrics();
  expect(() => metrics.counter("c").add(-1)).toThrow(/"c" takes a number from 0, not -1/);
  expect(() => metrics.gauge("g").set(Number.NaN)).toThrow(/"g" takes a finite number/);
  expect(() => metrics.histogram("h").observe(Number.POSITIVE_INFINITY)).toThrow(/finite/);
  expect(() => metrics.histogram("b", { buckets: [2, 1] })).toThrow(/ascend/);
});

test("labels made from data cannot fill the memory", async () => {
  const metrics = createMetrics({ seriesLimit: 2 });
  const counter = metrics.counter("users", { labelNames: ["id"] });
  for (const id of ["1", "2", "3", "1"]) counter.increment({ id });
  expect(metrics.dropped).toBe(1);
  expect(await metrics.text()).not.toContain('id="3"');
});

test("monitorPerformance measures calls, failed ones too, and tells slow ones", async () => {
  const clock = createManualClock();
  const metrics = createMetrics({ clock });
  const slow: SlowCall[] = [];
  const monitored = monitorPerformance(metrics, { clock, slowThresholdMs: 100, onSlow: (call) => slow.push(call) });
  const load = monitored(async function load(durationMs: number, fails = false) {
    await clock.sleep(durationMs);
    if (fails) throw new Error("no");
    return durationMs;
  });
  const calls = Promise.allSettled([load(50), load(200), load(10, true)]);
  await clock.advance(200);
  expect((await calls).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect(slow).toEqual([{ operation: "load", durationMs: 200 }]);
  const text = await metrics.text();
  expect(text).toContain('call_duration_ms_count{operation="load",outcome="ok"} 2');
  expect(text).toContain('call_duration_ms_count{operation="load",outcome="error"} 1');
  expect(text).toContain('slow_calls_total{operation="load"} 1');
});

test("monitorPerformance works without anything", async () => {
  expect(await monitorPerformance()(async () => 1)()).toBe(1);
});

test("a performance monitor counts by name and knows the process", async () => {
  const clock = createManualClock();
  using monitor = createPerformanceMonitor({ clock });
  monitor.recordTiming("track_load", 100);
  monitor.recordTiming("track_load", 300);
  monitor.increment("tracks_played");
  monitor.increment("tracks_played", 2);
  monitor.setGauge("active_players", 15);
  await clock.advance(5_000);
  expect(monitor.stats()).toEqual({
    uptimeMs: 5_000,
    counters: { tracks_played: 3 },
    gauges: { active_players: 15 },
    timings: { track_load: { count: 2, averageMs: 200, minimumMs: 100, maximumMs: 300 } },
  });
  const { cpuPercent, memoryBytes, heapUsedBytes, eventLoopLagMs } = monitor.systemStats();
  expect(memoryBytes).toBeGreaterThan(heapUsedBytes);
  expect(cpuPercent).toBeGreaterThanOrEqual(0);
  expect(eventLoopLagMs).toBeGreaterThanOrEqual(0);
  expect(await monitor.metrics.text()).toContain("tracks_played 3");
});

test("system metrics are kept up to date until disposed", async () => {
  const clock = createManualClock();
  const metrics = createMetrics({ clock });
  const collecting = collectSystemMetrics(metrics, { intervalMs: 1_000, clock });
  await clock.advance(2_500);
  expect(await metrics.text()).toMatch(/process_memory_bytes\{kind="resident"\} \d{6,}/);
  expect(clock.pendingTimers).toBe(1);
  collecting[Symbol.dispose]();
  expect(clock.pendingTimers).toBe(0);
});

test("a rule raises an alert once in its cool-down, and shows in the health", async () => {
  const clock = createManualClock();
  const monitoring = createMonitoringSystem({ clock });
  expect(monitoring.getHealthStatus()).toEqual({ status: "healthy", activeAlerts: [], suppressedAlerts: 0 });
  const alerts: unknown[] = [];
  monitoring.on("alert", ({ name, value, tags }) => alerts.push([name, value, tags]));
  const rule = monitoring.addAlert({
    name: "slow",
    metric: "response_time",
    when: (value) => value > 100,
    cooldownMs: 1_000,
  });
  monitoring.recordMetric("response_time", 150, { endpoint: "/chat" });
  monitoring.recordMetric("response_time", 160, { endpoint: "/chat" });
  expect(monitoring.getHealthStatus()).toEqual({ status: "degraded", activeAlerts: ["slow"], suppressedAlerts: 1 });
  await clock.advance(1_000);
  monitoring.recordMetric("response_time", 170, { endpoint: "/chat" });
  monitoring.recordMetric("response_time", 50, { endpoint: "/chat" });
  expect(monitoring.getHealthStatus().status).toBe("healthy");
  rule[Symbol.dispose]();
  monitoring.recordMetric("response_time", 500, { endpoint: "/chat" });
  expect(alerts).toEqual([
    ["slow", 150, { endpoint: "/chat" }],
    ["slow", 170, { endpoint: "/chat" }],
  ]);
  expect(await monitoring.metrics.text()).toContain('response_time{endpoint="/chat"} 500');
});

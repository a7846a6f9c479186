import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { createCache } from "../src/cache/index.ts";
import { baseConfigSchema, openConfig } from "../src/config/index.ts";
import { createHealthMonitor } from "../src/health/index.ts";
import { collectSystemMetrics, createMetrics, createMonitoringSystem, type Metrics } from "../src/metrics/index.ts";

/** The base configuration with some settings changed by variables, as a deployment does it. */
async function settings(environmentVariables: Readonly<Record<string, string>> = {}) {
  const variables = { prefix: "ANTIPHON_" };
  const overrides = { application: { name: "bot" } };
  using config = await openConfig({ schema: baseConfigSchema, variables, environmentVariables, overrides });
  return config.value;
}

test("the base names the application and its version, and does not debug", async () => {
  expect((await settings()).application).toEqual({ name: "bot", debug: false });
  expect(
    (await settings({ ANTIPHON_APPLICATION__VERSION: "1.2.3", ANTIPHON_APPLICATION__DEBUG: "true" })).application,
  ).toEqual({
    name: "bot",
    version: "1.2.3",
    debug: true,
  });
});

test("the cache's settings are a cache's options: strategy, lifetime and bound", async () => {
  expect((await settings()).cache).toEqual({ strategy: "adaptive", ttlMs: 3_600_000, maxEntries: 1_000 });
  const { cache } = await settings({
    ANTIPHON_CACHE__STRATEGY: "fifo",
    ANTIPHON_CACHE__TTL_MS: "100",
    ANTIPHON_CACHE__MAX_ENTRIES: "2",
  });
  const clock = createManualClock();
  await using entries = createCache<number>({ ...cache, clock });
  for (const [index, key] of ["a", "b"].entries()) await entries.set(key, index);
  // Used again, it would stay under any other rule.
  await entries.get("a");
  await entries.set("c", 2);
  expect([await entries.get("a"), await entries.get("b"), await entries.get("c")]).toEqual([undefined, 1, 2]);
  expect(entries.stats().levels[0]).toMatchObject({ entries: 2, maxEntries: 2, expirations: 0 });
  await clock.advance(101);
  expect(await entries.get("c")).toBeUndefined();
  expect(entries.stats().levels[0]).toMatchObject({ entries: 1, expirations: 1 });
});

test("the period between collections of metrics is kept", async () => {
  expect((await settings()).monitoring.metricsIntervalMs).toBe(60_000);
  const { monitoring } = await settings({ ANTIPHON_MONITORING__METRICS_INTERVAL_MS: "500" });
  const clock = createManualClock();
  const metrics = createMetrics();
  const uptimes: number[] = [];
  const recording: Metrics = {
    ...metrics,
    gauge: (name, options) => {
      const gauge = metrics.gauge(name, options);
      return name === "process_uptime_ms" ? { set: (value) => uptimes.push(value) } : gauge;
    },
  };
  using _collecting = collectSystemMetrics(recording, { intervalMs: monitoring.metricsIntervalMs, clock });
  await clock.advance(1_600);
  expect(uptimes).toHaveLength(4);
});

test("the period between health checks is kept", async () => {
  expect((await settings()).monitoring.healthCheckIntervalMs).toBe(30_000);
  const { monitoring } = await settings({ ANTIPHON_MONITORING__HEALTH_CHECK_INTERVAL_MS: "200" });
  const clock = createManualClock();
  await using health = createHealthMonitor({ checkIntervalMs: monitoring.healthCheckIntervalMs, clock });
  let checks = 0;
  health.registerService("db", () => checks++ >= 0);
  health.startMonitoring();
  await clock.advance(500);
  expect(checks).toBe(3);
});

test("memory is a metric tagged with its component", async () => {
  const monitoring = createMonitoringSystem();
  monitoring.recordMetric("memory_bytes", 1_024, { component: "cache" });
  monitoring.recordMetric("memory_bytes", 2_048, { component: "voice" });
  expect(await monitoring.metrics.text()).toMatch(
    /memory_bytes\{component="cache"\} 1024\nmemory_bytes\{component="voice"\} 2048/,
  );
  expect(createMonitoringSystem().getHealthStatus()).toMatchObject({ status: "healthy", activeAlerts: [] });
});

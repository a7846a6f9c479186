import { createManualClock } from "@antiphon/std";
import { expect, test, vi } from "vitest";
import { createHealthMonitor, type HealthMonitorOptions } from "./health-monitor.ts";

function setup(options: HealthMonitorOptions = {}) {
  const clock = createManualClock({ startMs: 1_640_995_200_000 });
  const monitor = createHealthMonitor({ clock, ...options });
  const alerts: string[] = [];
  const changes: string[] = [];
  monitor.on("alert", ({ alert }) => alerts.push(alert.title));
  monitor.on("statusChange", ({ service, from, to }) => changes.push(`${service} ${from} > ${to}`));
  return { clock, monitor, alerts, changes };
}

test("services are checked at their own intervals until monitoring stops", async () => {
  const { clock, monitor } = setup();
  const fast = vi.fn();
  const slow = vi.fn();
  monitor.registerService("fast", fast, { intervalMs: 1_000 });
  monitor.registerService("slow", slow);
  monitor.startMonitoring();
  monitor.startMonitoring();
  await clock.advance(30_000);
  expect(fast).toHaveBeenCalledTimes(31);
  expect(slow).toHaveBeenCalledTimes(2);
  monitor.stopMonitoring();
  await clock.advance(60_000);
  expect(fast).toHaveBeenCalledTimes(31);
  expect(clock.pendingTimers).toBe(0);
  await monitor.close();
});

test("a check fails by throwing, by false and by hanging, and its signal tells the last", async () => {
  const { clock, monitor } = setup();
  let told: AbortSignal | undefined;
  monitor.registerService("throws", () => Promise.reject(new Error("refused token=abc")));
  monitor.registerService("false", () => false);
  monitor.registerService("passes", () => undefined);
  monitor.registerService("hangs", ({ signal }) => ((told = signal), new Promise(() => {})), { timeoutMs: 500 });
  const all = monitor.checkAllServices();
  await clock.advance(500);
  expect(await all).toEqual({
    throws: expect.objectContaining({ success: false, error: "refused token=[redacted]" }),
    false: expect.objectContaining({ success: false, error: "the check says no" }),
    passes: { success: true, responseTimeMs: 0, atMs: 1_640_995_200_000 },
    hangs: expect.objectContaining({ success: false, responseTimeMs: 500, error: "no answer within 500 ms" }),
  });
  expect(told?.aborted).toBe(true);
  expect(monitor.getSystemHealth().overallStatus).toBe("degraded");
  await monitor.close();
});

test("a service becomes degraded, then unhealthy with an alert, then healthy again", async () => {
  const { monitor, alerts, changes } = setup();
  let up = false;
  monitor.registerService("db", () => up, { unhealthyAfter: 2 });
  for (const state of [true, false, false, false, true]) {
    up = state;
    expect(await monitor.checkServiceHealth("db")).toMatchObject({ success: state, responseTimeMs: 0 });
  }
  expect(changes).toEqual([
    "db unknown > healthy",
    "db healthy > degraded",
    "db degraded > unhealthy",
    "db unhealthy > healthy",
  ]);
  expect(alerts).toEqual(["db is unhealthy"]);
  expect(monitor.getSystemHealth().services["db"]).toMatchObject({ successRate: 0.4, errorCount: 3 });
  await monitor.close();
});

test("the report has the JSON shape of the field", async () => {
  const { clock, monitor } = setup();
  monitor.registerService("lastfm", () => clock.sleep(450));
  const checked = monitor.checkAllServices();
  await clock.advance(450);
  await checked;
  expect(JSON.parse(JSON.stringify(monitor.report()))).toEqual({
    timestamp: 1_640_995_200,
    overall_status: "healthy",
    services: {
      lastfm: {
        status: "healthy",
        success_rate: 1,
        response_time: 0.45,
        circuit_breaker_state: "closed",
        last_check: 1_640_995_200.45,
        error_count: 0,
      },
    },
  });
  await monitor.close();
});

test("calls go through the service's breaker, which shows in its health", async () => {
  const { clock, monitor, changes } = setup();
  monitor.registerService("api", () => true, { circuitBreaker: { failureThreshold: 2, recoveryTimeoutMs: 1_000 } });
  expect(await monitor.callWithCircuitBreaker("api", (left: number, right: number) => left + right, 1, 2)).toBe(3);
  const failing = () => Promise.reject(new Error("down"));
  for (let call = 0; call < 2; call++)
    await expect(monitor.callWithCircuitBreaker("api", failing)).rejects.toThrow("down");
  await expect(monitor.callWithCircuitBreaker("api", failing)).rejects.toMatchObject({
    code: "RESILIENCE_CIRCUIT_OPEN",
  });
  expect(monitor.report().services["api"]).toMatchObject({ status: "unhealthy", circuit_breaker_state: "open" });
  await clock.advance(1_000);
  expect(await monitor.callWithCircuitBreaker("api", async () => "up")).toBe("up");
  expect(monitor.getSystemHealth().services["api"]?.circuitState).toBe("closed");
  expect(changes[0]).toBe("api unknown > unhealthy");
  await expect(monitor.callWithCircuitBreaker("nobody", failing)).rejects.toMatchObject({
    code: "PATTERNS_SERVICE_NOT_REGISTERED",
  });
  await monitor.close();
});

test("alerts have a cool-down and an hourly limit, and those held back are counted", async () => {
  const { clock, monitor, alerts } = setup({ alertCooldownMs: 60_000, maximumAlertsPerHour: 2 });
  const alert = (title: string) => monitor.createAlert({ severity: "critical", title, message: "m", source: "s" });
  expect([alert("a"), alert("a"), alert("b"), alert("c")]).toEqual([true, false, true, false]);
  await clock.advance(60_000);
  expect(alert("a")).toBe(false);
  await clock.advance(3_600_000);
  expect(alert("a")).toBe(true);
  expect(alerts).toEqual(["a", "b", "a"]);
  expect(monitor.suppressedAlerts).toBe(3);
  await monitor.close();
});

test("the checks kept are bounded, and callers at the same time share one", async () => {
  const { monitor } = setup({ historyLimit: 3 });
  const check = vi.fn();
  monitor.registerService("db", check);
  await Promise.all([monitor.checkServiceHealth("db"), monitor.checkServiceHealth("db")]);
  expect(check).toHaveBeenCalledOnce();
  for (let index = 0; index < 5; index++) await monitor.checkServiceHealth("db");
  expect(monitor.getSystemHealth().services["db"]?.checks).toHaveLength(3);
  await monitor.close();
});

test("closing gives up a check that hangs, and a removed service is gone", async () => {
  const { clock, monitor } = setup();
  const removable = monitor.registerService("gone", () => true);
  expect(() => monitor.registerService("gone", () => true)).toThrow(/"gone" already/);
  await removable[Symbol.asyncDispose]();
  monitor.registerService("hangs", () => new Promise(() => {}));
  monitor.startMonitoring();
  await Promise.all([monitor.close(), monitor.close()]);
  expect(clock.pendingTimers).toBe(0);
  expect(monitor.getSystemHealth()).toMatchObject({ overallStatus: "unknown", services: {} });
  expect(() => monitor.registerService("late", () => true)).toThrow(/closed/);
});

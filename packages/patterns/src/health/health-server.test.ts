import { createMetrics } from "../metrics/metrics.ts";
import { expect, test } from "vitest";
import { createHealthMonitor } from "./health-monitor.ts";
import { startHealthServer } from "./health-server.ts";

async function setup() {
  const stack = new AsyncDisposableStack();
  const health = stack.use(createHealthMonitor());
  const metrics = createMetrics();
  let works = true;
  health.registerService("bus", () => works, { unhealthyAfter: 1 });
  const server = stack.use(await startHealthServer({ health, metrics }));
  const get = (path: string, method = "GET") => fetch(`${server.url}${path}`, { method });
  return {
    health,
    metrics,
    server,
    get,
    fail: () => (works = false),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test("tells whether it lives, whether it is ready, and how each service is", async () => {
  await using setUp = await setup();
  const { health, get, fail } = setUp;
  await health.checkAllServices();
  expect((await get("/livez")).status).toBe(200);
  expect(await (await get("/readyz")).json()).toEqual({ status: "healthy" });
  fail();
  await health.checkServiceHealth("bus");
  const ready = await get("/readyz?verbose=1");
  expect([ready.status, await ready.json()]).toEqual([503, { status: "unhealthy" }]);
  expect((await get("/livez")).status).toBe(200);
  expect(await (await get("/health")).json()).toMatchObject({
    overall_status: "unhealthy",
    services: { bus: { status: "unhealthy", circuit_breaker_state: "closed" } },
  });
});

test("shows metrics in the text format of Prometheus", async () => {
  await using setUp = await setup();
  setUp.metrics.counter("plays_total").increment();
  const answer = await setUp.get("/metrics");
  expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await answer.text()).toContain("plays_total 1");
});

test("knows no other page and takes no other method", async () => {
  await using setUp = await setup();
  const { get } = setUp;
  expect((await get("/__proto__")).status).toBe(404);
  expect((await get("/livez", "POST")).status).toBe(405);
  const head = await get("/health", "HEAD");
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("listens on the loopback address, and says so when the port is taken", async () => {
  await using setUp = await setup();
  const { health, server } = setUp;
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  await expect(startHealthServer({ health, port: server.port })).rejects.toMatchObject({
    code: "PATTERNS_START_FAILED",
  });
  await Promise.all([server.close(), server.close()]);
});

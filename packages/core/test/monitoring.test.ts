import { createManualClock } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import {
  createClient,
  createClientHealth,
  createPerformanceMonitor,
  defineCommand,
  type ClientHealthOptions,
  type PerformanceMonitorOptions,
} from "@antiphon/core";
import { commandInteraction, createFakeGateway, createFakeRest, httpError } from "./fake-ports.ts";

const transportFigures = {
  requests: 0,
  retries: 2,
  rateLimited: 0,
  sharedRateLimited: 0,
  failures: 0,
  invalidRequests: 0,
  pending: 0,
  inFlight: 0,
  waitingForBucket: 3,
  waitingForGlobal: 0,
  buckets: 4,
  droppedEvents: 0,
  pool: { connected: 5, free: 4, running: 1, pending: 0, reused: 0, opened: 0 },
};

function setup(options: Partial<PerformanceMonitorOptions> = {}) {
  const clock = createManualClock();
  const gateway = createFakeGateway();
  const rest = { ...createFakeRest(), figures: { ...transportFigures }, getStats: () => rest.figures };
  rest.request = async <Result>(method: "GET", path: string) => {
    await clock.sleep(40);
    return rest.answer({ method, path, options: {} }) as Result;
  };
  const client = createClient({ gateway, rest, intents: ["guilds"], clock });
  const monitor = createPerformanceMonitor({ client, clock, ...options });
  const request = async (fails = false) => {
    rest.answer = () => {
      if (fails) throw httpError(500);
    };
    const done = client.rest.request("GET", "/x").catch(() => {});
    await clock.advance(40);
    await done;
    rest.answer = () => undefined;
  };
  return { clock, gateway, rest, client, monitor, request };
}

describe("a client's figures", () => {
  it("count dispatches by name, requests with their time, and interactions", async () => {
    const { clock, gateway, client, request } = setup();
    await client.connect();
    gateway.dispatch("TYPING_START", {});
    gateway.dispatch("TYPING_START", {});
    gateway.dispatch("BRAND_NEW", {});
    await request();
    await request(true);
    client.commands.add(
      defineCommand({
        name: "slow",
        description: "x",
        execute: (context) => clock.sleep(2_500).then(() => context.reply("x")),
      }),
    );
    gateway.dispatch("INTERACTION_CREATE", commandInteraction("slow"));
    gateway.dispatch("INTERACTION_CREATE", commandInteraction("missing"));
    expect(client.stats().interactions).toMatchObject({ pending: 1, unhandled: 1 });
    await clock.advance(3_000);
    expect(client.stats()).toMatchObject({
      state: "connected",
      latencyMs: 42,
      dispatches: { count: 6, byName: { READY: 1, TYPING_START: 2, BRAND_NEW: 1, INTERACTION_CREATE: 2 } },
      interactions: { handled: 1, failed: 0, pending: 0, unhandled: 1, duplicates: 0, deferredAutomatically: 1 },
      requests: { calls: { count: 4, meanMs: 40, maximumMs: 40 }, failures: 1, pending: 0 },
    });
    expect(client.stats().requests.transport?.buckets).toBe(4);
  });

  it("bound the names of dispatches that they count", async () => {
    const { gateway, client } = setup();
    await client.connect();
    for (let index = 0; index < 300; index++) gateway.dispatch(`NAME_${index}`, {});
    const { byName } = client.stats().dispatches;
    expect(Object.keys(byName)).toHaveLength(201);
    expect(byName["OTHER"]).toBe(101);
  });
});

describe("a performance monitor", () => {
  it("gives rates and ratios over its window", async () => {
    const { clock, gateway, rest, client, monitor, request } = setup();
    await client.connect();
    for (let index = 0; index < 3; index++) await request();
    await request(true);
    for (let index = 0; index < 19; index++) gateway.dispatch("TYPING_START", {});
    rest.figures = { ...rest.figures, rateLimited: 3, sharedRateLimited: 1 };
    await clock.advance(10_000 - 160);
    expect(monitor.metrics()).toMatchObject({
      windowMs: 10_000,
      requestsTotal: 4,
      requestsSuccessful: 3,
      requestsFailed: 1,
      requestsPerSecond: 0.4,
      meanResponseMs: 40,
      requestFailureRatio: 0.25,
      rateLimited: 2,
      dispatchesPerSecond: 2,
    });
    await clock.advance(120_000);
    const later = monitor.metrics();
    expect(later.windowMs).toBeLessThanOrEqual(60_000);
    expect(later).toMatchObject({ requestsTotal: 4, requestsPerSecond: 0, requestFailureRatio: 0, rateLimited: 0 });
  });

  it("writes a report that a person can read", async () => {
    const { clock, gateway, client, monitor, request } = setup();
    await client.connect();
    gateway.dispatch("GUILD_CREATE", { id: "400", name: "G", roles: [], channels: [], members: [] });
    await request();
    await request(true);
    using _limiter = monitor.addRateLimiter({ name: "search", stats: () => ({ waits: 7, rejections: 1 }) });
    await clock.advance(2_000 - 80);
    expect(monitor.generateReport()).toBe(
      [
        "client        connected, heartbeat 42 ms, over the last 2 s",
        "dispatches    2, 1.0/s, mean 0.00 ms, longest 0.00 ms",
        "              READY 1, GUILD_CREATE 1",
        "interactions  0 handled, 0 failed, 0 without a handler, 0 deferred by themselves",
        "requests      2 (1 failed, 0 pending), 1.0/s",
        "              mean 40 ms, longest 40 ms, 50.0 % failed lately",
        "rate limits   0 hit lately, 3 calls wait for a bucket, 0 for the global limit",
        "              0 of 10000 invalid requests, 2 retries, 4 buckets",
        "connections   5 open (1 busy, 4 free), 0 calls wait for one, 0.0 % reused lately",
        "cache         2 items (1 guilds, 1 users), 0.0 % hits, 0 evictions",
        "limiter       search: 7 waits, 1 rejections",
      ].join("\n"),
    );
  });

  it("takes limiters in and out", () => {
    const { monitor } = setup();
    const limiter = monitor.addRateLimiter({ name: "search", stats: () => ({ waits: 1, rejections: 0 }) });
    expect(monitor.metrics().limiters).toEqual({ search: { waits: 1, rejections: 0 } });
    limiter[Symbol.dispose]();
    expect(monitor.metrics().limiters).toEqual({});
  });

  it("logs its report when told to, and leaves no timer behind", async () => {
    const lines: string[] = [];
    const ignore = () => {};
    const info = (line: string) => void lines.push(line);
    const logger = { trace: ignore, debug: ignore, info, warn: ignore, error: ignore };
    const { clock, monitor } = setup({ reportEveryMs: 1_000, logger });
    await clock.advance(2_500);
    expect(lines).toHaveLength(2);
    monitor.close();
    monitor.close();
    await clock.advance(10_000);
    expect([lines.length, clock.pendingTimers]).toEqual([2, 0]);
    expect(() => setup({ windowMs: 10 })).toThrow(/windowMs/);
  });
});

describe("a client's health", () => {
  function watch(options: Partial<ClientHealthOptions> = {}) {
    const parts = setup();
    const health = createClientHealth({ monitor: parts.monitor, clock: parts.clock, ...options });
    const changes: string[] = [];
    health.on("healthChange", ({ from, to, report }) => changes.push(`${from} -> ${to} ${report.findings.length}`));
    const statusOf = (name: string) => health.check().findings.find((finding) => finding.name === name)?.status;
    return { ...parts, health, changes, statusOf };
  }

  it("tells when it changes", async () => {
    const { clock, client, health, changes } = watch({ intervalMs: 1_000 });
    await clock.advance(1_000);
    await client.connect();
    await clock.advance(2_000);
    await client.disconnect();
    await clock.advance(1_000);
    expect(changes).toEqual(["healthy -> unhealthy 7", "unhealthy -> healthy 7", "healthy -> unhealthy 7"]);
    health.close();
    health.close();
  });

  it("may be closed by whoever hears of a change", async () => {
    const { clock, health, monitor } = watch({ intervalMs: 1_000 });
    health.on("healthChange", () => health.close());
    await clock.advance(1_000);
    monitor.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it("judges heartbeat, requests, rate limits, interactions and cache", async () => {
    const { clock, gateway, rest, client, statusOf, request } = watch({ thresholds: { heartbeatMs: [40, 50] } });
    await client.connect();
    expect(statusOf("heartbeat")).toBe("degraded");
    for (let index = 0; index < 9; index++) await request();
    expect(statusOf("requests")).toBe("healthy");
    await request(true);
    expect(statusOf("requests")).toBe("degraded");
    for (let index = 0; index < 10; index++) await request(true);
    expect(statusOf("requests")).toBe("unhealthy");
    rest.figures = { ...rest.figures, rateLimited: 1 };
    expect(statusOf("rateLimits")).toBe("degraded");
    client.commands.add(
      defineCommand({ name: "bad", description: "x", execute: () => Promise.reject(new Error("x")) }),
    );
    for (let index = 0; index < 10; index++) gateway.dispatch("INTERACTION_CREATE", commandInteraction("bad"));
    await clock.advance(100);
    expect(statusOf("interactions")).toBe("unhealthy");
    gateway.dispatch("GUILD_CREATE", null);
    expect([statusOf("cache"), statusOf("dispatches")]).toEqual(["degraded", "healthy"]);
  });

  it("writes a report that a person can read", async () => {
    const { client, health } = watch();
    await client.connect();
    expect(health.report().split("\n").slice(0, 3)).toEqual([
      "healthy",
      "healthy   connection    The client is connected.",
      "healthy   heartbeat     A heartbeat takes 42 ms.",
    ]);
    expect(() =>
      createClientHealth({
        monitor: {
          metrics: () => {
            throw new Error("x");
          },
        },
        intervalMs: -1,
      }),
    ).toThrow(/intervalMs/);
  });
});

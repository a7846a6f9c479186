import {
  createClient,
  createClientHealth,
  createErrorHandler,
  createInteractions,
  createPerformanceMonitor,
  type Client,
  type ClientOptions,
} from "@antiphon/core";
import { createGateway } from "@antiphon/gateway";
import { createCircuitBreaker } from "@antiphon/patterns/resilience";
import type { GatewayInfo } from "@antiphon/protocol/discord";
import { createConnectionPool, createRequestBatcher, createRest } from "@antiphon/rest";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { createManualClock, silentLogger } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeGateway, createFakeRest, httpError } from "./fake-ports.ts";

let simulator: DiscordSimulator;
beforeEach(async () => {
  simulator = await startDiscordSimulator({ identify: { windowMs: 0 } });
});
afterEach(() => simulator.close());

function addBot() {
  const { token, botUserId } = simulator.world.addApplication({ name: "Antiphon" });
  const ann = simulator.world.addUser({ username: "ann" });
  const guild = simulator.world.addGuild({ name: "Guild", ownerId: ann.id });
  simulator.world.addMember(guild.id, botUserId);
  return { token, botUserId, guild, channel: simulator.world.addChannel(guild.id, { name: "general", type: "text" }) };
}

/** A bot's own work, which knows nothing of what its client is made of: it must not change when parts are added. */
async function work(client: Client, { guild, channel, botUserId }: ReturnType<typeof addBot>) {
  await client.connect();
  expect([client.user.id, client.cache.guilds.get(guild.id)?.name]).toEqual([botUserId, "Guild"]);
  expect((await client.messages.send(channel.id, "Hello")).content).toBe("Hello");
}

describe("closing a client", () => {
  it("closes what it created, and leaves gateway, transport, batcher and pool that were passed in open", async () => {
    const bot = addBot();
    await using connectionPool = createConnectionPool();
    await using rest = createRest({ token: bot.token, api: simulator.apiUrl, connectionPool });
    await using requestBatcher = createRequestBatcher({ transport: rest, maximumWaitMs: 1 });
    await using gateway = createGateway({
      token: bot.token,
      intents: 1,
      gatewayInfo: () => rest.request<GatewayInfo>("GET", "/gateway/bot"),
    });
    for (let life = 0; life < 2; life++) {
      const client = createClient({ intents: ["guilds"], gateway, rest, requestBatcher });
      if (life === 0) await work(client, bot);
      else await client.connect();
      await client.close();
      await client.close();
      expect(client.state).toBe("closed");
    }
    expect(gateway.getStats().shards).toMatchObject([{ status: "ready", connections: 1 }]);
    expect(await requestBatcher.request("GET", "/users/@me")).toMatchObject({ id: bot.botUserId });
    expect(connectionPool.getStats()).toMatchObject({ running: 0 });

    const own = createClient({ token: bot.token, intents: ["guilds"], api: simulator.apiUrl, requestBatcher: {} });
    await work(own, bot);
    await own.close();
    await expect(own.rest.request("GET", "/users/@me")).rejects.toMatchObject({ code: "REST_CLOSED" });
  });

  it("and every other part may be repeated, disposes alike, and leaves no timer, socket or listener", async () => {
    const { token } = addBot();
    const clock = createManualClock();
    const client = createClient({ gateway: createFakeGateway(), rest: createFakeRest(), intents: [], clock });
    const monitor = createPerformanceMonitor({ client, clock, reportEveryMs: 1_000 });
    const health = createClientHealth({ monitor, clock });
    const errorHandler = createErrorHandler({ clock });
    const interactions = createInteractions({ token, api: simulator.apiUrl, clock });
    await client.connect();
    for (const part of [health, monitor, errorHandler, interactions, client]) {
      await part.close();
      await part.close();
      await part[Symbol.asyncDispose]();
    }
    expect(clock.pendingTimers).toBe(0);
    // What is still open now, the guard of the test run finds.
  });
});

describe("a client's optional parts", () => {
  const steps: readonly [string, () => Partial<ClientOptions>][] = [
    ["none", () => ({})],
    ["a pool", () => ({ restOptions: { connectionPool: { maximumConnections: 2 } } })],
    ["a batcher", () => ({ requestBatcher: { maximumWaitMs: 1 } })],
    ["an error handler", () => ({ errorHandler: createErrorHandler() })],
    ["a logger", () => ({ logger: { ...silentLogger, info: () => {} } })],
  ];

  it("are each added later without a change of other code, and a monitor watches them", async () => {
    const bot = addBot();
    const options = { token: bot.token, intents: ["guilds"], api: simulator.apiUrl } satisfies ClientOptions;
    for (const [, part] of steps) {
      Object.assign(options, part());
      // A channel of its own, whose rate limit nobody has used yet.
      const channel = simulator.world.addChannel(bot.guild.id, { name: "general", type: "text" });
      await using client = createClient(options);
      await work(client, { ...bot, channel });
    }
    await using client = createClient(options);
    await using monitor = createPerformanceMonitor({ client });
    await work(client, bot);
    const { requests, shards, recovery } = client.stats();
    expect(requests.transport?.pool).toMatchObject({ pending: 0 });
    expect(requests.batcher).toMatchObject({ pending: 0 });
    expect(shards).toEqual([{ shardId: 0, status: "ready" }]);
    expect(recovery).toEqual({ retries: 0, recoveries: 0 });
    expect(monitor.generateReport()).toContain("shards        1 ready");
  });

  it("include a batcher, through which all requests pass; without one they go out at once", async () => {
    const clock = createManualClock();
    const rest = createFakeRest();
    const parts = { gateway: createFakeGateway(), rest, intents: [], clock };
    await using plain = createClient(parts);
    await plain.rest.request("GET", "/x");
    expect([rest.requests.length, plain.stats().requests.batcher]).toEqual([1, undefined]);
    await using batched = createClient({ ...parts, requestBatcher: { maximumWaitMs: 20 } });
    const results = Promise.all([batched.rest.request("GET", "/y"), batched.rest.request("GET", "/y")]);
    await clock.advance(19);
    expect(rest.requests).toHaveLength(1);
    await clock.advance(1);
    await results;
    expect(rest.requests.map(({ path }) => path)).toEqual(["/x", "/y"]);
    expect(batched.stats().requests.batcher).toMatchObject({ batches: 1, deduplicated: 1 });
  });
});

describe("a performance monitor", () => {
  it("observes pool, batcher and transport, and logs what it finds", async () => {
    const clock = createManualClock();
    const lines: string[] = [];
    let figures = { requests: 0, rateLimited: 0, sharedRateLimited: 0, pool: { reused: 0, opened: 0 } };
    const rest = { ...createFakeRest(), getStats: () => figures };
    await using client = createClient({ gateway: createFakeGateway(), rest, intents: [], clock, requestBatcher: {} });
    const logger = { ...silentLogger, info: (line: string) => void lines.push(line) };
    await using monitor = createPerformanceMonitor({ client, clock, logger, reportEveryMs: 10_000 });
    figures = { ...figures, rateLimited: 2, pool: { reused: 3, opened: 1 } };
    rest.request = async <Result>(_method: string, path: string) => {
      await clock.sleep(40);
      if (path === "/bad") throw httpError(500);
      return {} as Result;
    };
    const calls = Promise.allSettled(["/a", "/a", "/b", "/bad"].map((path) => client.rest.request("GET", path)));
    await clock.advance(50);
    await clock.advance(40);
    await calls;
    await clock.advance(10_000 - 90);
    expect(monitor.metrics()).toMatchObject({
      requestsTotal: 4,
      requestsSuccessful: 3,
      requestsFailed: 1,
      meanResponseMs: 90,
      requestsPerSecond: 0.4,
      connectionReuseRatio: 0.75,
      batchedRatio: 0.25,
      rateLimited: 2,
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("batches       1, 25.0 % of the calls joined lately, 0 wait");
    expect(lines[0]).toContain("75.0 % reused lately");
  });

  it("shows rate limits, breakers and states of recovery in statistics and report", async () => {
    const bot = addBot();
    const breaker = createCircuitBreaker({ failureThreshold: 1, recoveryTimeoutMs: 60_000 });
    await expect(breaker.execute(() => Promise.reject(new Error("x")))).rejects.toThrow("x");
    const errorHandler = createErrorHandler({ recovery: { baseDelayMs: 0 } });
    await errorHandler.execute((attempt) => (attempt === 0 ? Promise.reject(httpError(500)) : Promise.resolve()));
    await using client = createClient({
      token: bot.token,
      intents: ["guilds"],
      api: simulator.apiUrl,
      restOptions: { policies: { messages: breaker } },
      errorHandler,
    });
    await using monitor = createPerformanceMonitor({ client });
    await client.connect();
    await expect(client.messages.send(bot.channel.id, "Hello")).rejects.toMatchObject({
      code: "RESILIENCE_CIRCUIT_OPEN",
    });
    const { requests, shards, recovery } = client.stats();
    expect(requests.transport).toMatchObject({ rateLimited: 0, waitingForBucket: 0, waitingForGlobal: 0 });
    expect(requests.breakers).toEqual({ messages: { state: "open", rejected: 1, recoversInMs: expect.any(Number) } });
    expect([shards, recovery]).toEqual([[{ shardId: 0, status: "ready" }], { retries: 1, recoveries: 1 }]);
    const report = monitor.generateReport();
    expect(report).toMatch(/^rate limits +0 hit lately, 0 calls wait for a bucket, 0 for the global limit$/m);
    expect(report).toMatch(/^breaker +messages: open, 1 calls refused, tries again in \d+ ms$/m);
    expect(report).toMatch(/^shards +1 ready$/m);
    expect(report).toMatch(/^recovery +1 repetitions, 1 of them successful in the end$/m);
  });
});

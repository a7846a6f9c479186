import { createManualClock } from "@antiphon/std";
import { MockAgent } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { createConnectionPool, createRest, type ConnectionLease, type ConnectionPoolOptions } from "../src/index.ts";
import { startScriptedServer, type ScriptedServer } from "./scripted-server.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource[Symbol.asyncDispose]();
});

async function setUp(options: ConnectionPoolOptions = {}) {
  const server = await startScriptedServer(() => ({ status: 200, body: {} }));
  const clock = createManualClock();
  const pool = createConnectionPool({ maximumConnections: 2, maximumIdleMs: 30_000, clock, ...options });
  open.push(server, pool);
  return { server, clock, pool };
}

const send = async (lease: ConnectionLease) => {
  const { body } = await lease.dispatcher.request({ origin: lease.origin, path: "/x", method: "GET" });
  await body.dump();
};
const closedSockets = (server: ScriptedServer) => expect.poll(() => server.sockets, { timeout: 60_000 });

describe("createConnectionPool", () => {
  it("opens nothing before it is used, and refuses bounds that make no sense", async () => {
    const { server, pool } = await setUp();
    expect(pool.getStats()).toEqual({
      connected: 0,
      running: 0,
      free: 0,
      utilizationRatio: 0,
      pending: 0,
      reused: 0,
      opened: 0,
    });
    expect(server.peakSockets).toBe(0);
    expect(() => createConnectionPool({ maximumConnections: 0 })).toThrow(/maximumConnections must be a number from 1/);
    expect(() => createConnectionPool({ maximumIdleMs: Number.NaN })).toThrow(/maximumIdleMs/);
  });

  it("leases a connection, takes it back once, and uses it again", async () => {
    const { server, pool } = await setUp();
    const lease = await pool.acquire(`${server.api}/somewhere?else`);
    expect(server.api).toContain(lease.origin);
    await send(lease);
    expect(pool.getStats()).toMatchObject({ connected: 1, running: 1, free: 0, utilizationRatio: 0.5 });
    lease.release();
    lease.release();
    lease[Symbol.dispose]();
    expect(pool.getStats()).toMatchObject({ connected: 1, running: 0, free: 1, utilizationRatio: 0 });
    {
      using again = await pool.acquire(server.api);
      await send(again);
      expect(again.dispatcher).toBe(lease.dispatcher);
    }
    expect(pool.getStats()).toMatchObject({ free: 1, reused: 1, opened: 1 });
    expect(server.peakSockets).toBe(1);
  });

  it("lets no more be open than it may, and hands a released one on", async () => {
    const { server, pool } = await setUp();
    const [first, second] = [await pool.acquire(server.api), await pool.acquire(server.api)];
    const third = pool.acquire(server.api);
    const aborting = new AbortController();
    const aborted = pool.acquire(server.api, { signal: aborting.signal });
    expect(pool.getStats()).toMatchObject({ connected: 2, running: 2, pending: 2, utilizationRatio: 1 });
    aborting.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(pool.acquire(server.api, { signal: aborting.signal })).rejects.toThrow("enough");
    first.release();
    expect((await third).dispatcher).toBe(first.dispatcher);
    await Promise.all([send(await third), send(second)]);
    expect(server.peakSockets).toBe(2);
    second.release();
    (await third).release();
  });

  it("says that it is exhausted: at once, after a while, or when too many wait", async () => {
    const { server, pool, clock } = await setUp({ maximumConnections: 1, acquireTimeoutMs: 5_000, waitingLimit: 1 });
    using _held = await pool.acquire(server.api);
    const late = pool.acquire(server.api);
    const expected = { code: "REST_POOL_EXHAUSTED", retryable: true, details: { maximumConnections: 1 } };
    await expect(pool.acquire(server.api)).rejects.toMatchObject(expected);
    await Promise.all([clock.advance(5_000), expect(late).rejects.toMatchObject(expected)]);
    const strict = await setUp({ maximumConnections: 1, whenExhausted: "fail" });
    using _other = await strict.pool.acquire(server.api);
    await expect(strict.pool.acquire(server.api)).rejects.toMatchObject(expected);
  });

  it("closes what nobody has used for long, and makes room for another origin", async () => {
    const { server, pool, clock } = await setUp();
    const elsewhere = await startScriptedServer(() => ({ status: 200, body: {} }));
    open.push(elsewhere);
    for (const lease of [await pool.acquire(server.api), await pool.acquire(server.api)]) {
      await send(lease);
      lease.release();
    }
    await clock.advance(20_000);
    const other = await pool.acquire(elsewhere.api);
    await send(other);
    other.release();
    expect(pool.getStats()).toMatchObject({ connected: 2, free: 2, opened: 3 });
    await closedSockets(server).toBe(1);
    await clock.advance(10_000);
    expect(pool.getStats()).toMatchObject({ connected: 1, free: 1 });
    await closedSockets(server).toBe(0);
    await clock.advance(20_000);
    expect(pool.getStats()).toMatchObject({ connected: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it("waits for what is leased when it closes, and leaves no socket open", async () => {
    const { server, pool } = await setUp();
    const lease = await pool.acquire(server.api);
    await send(lease);
    const second = await pool.acquire(server.api);
    const waiting = pool.acquire(server.api);
    const closing = [pool.close(), pool.close()];
    await expect(waiting).rejects.toMatchObject({ code: "REST_CLOSED" });
    await expect(pool.acquire(server.api)).rejects.toMatchObject({ code: "REST_CLOSED" });
    await send(lease);
    lease.release();
    second.release();
    await Promise.all(closing);
    await closedSockets(server).toBe(0);
  });

  it("cuts what is leased when its close is aborted", async () => {
    const server = await startScriptedServer(() => undefined);
    const pool = createConnectionPool();
    open.push(server);
    const lease = await pool.acquire(server.api);
    const request = send(lease);
    await server.reached(1);
    await Promise.all([expect(request).rejects.toThrow(), pool.close({ signal: AbortSignal.abort() })]);
    await closedSockets(server).toBe(0);
  });
});

describe("a client with connections of one's own choice", () => {
  it("sends within the bound of its options", async () => {
    const server = await startScriptedServer(() => ({ status: 204 }));
    const rest = createRest({
      token: "the-token",
      api: server.api,
      connectionPool: { maximumConnections: 20, maximumIdleMs: 30_000 },
    });
    open.push(server, rest);
    const sends = Array.from({ length: 200 }, (_, index) =>
      rest.request("POST", `/webhooks/1300000000000000000/token${index}`, { body: {} }),
    );
    await Promise.all(sends);
    expect(server.peakSockets).toBeLessThanOrEqual(20);
    expect(rest.getStats().pool).toMatchObject({ running: 0, free: server.peakSockets });
    await rest.close();
    await closedSockets(server).toBe(0);
  });

  it("shares a pool with others and leaves it open", async () => {
    const { server, pool } = await setUp();
    for (let turn = 0; turn < 2; turn++) {
      await using rest = createRest({ token: "the-token", api: server.api, connectionPool: pool });
      await rest.request("GET", "/x");
      expect(rest.getStats().pool).toEqual(pool.getStats());
    }
    expect(pool.getStats()).toMatchObject({ free: 1, opened: 1, reused: 1 });
  });

  it("hands a connection on to who waits for it, also after a failure", async () => {
    const server = await startScriptedServer((_request, index) => {
      if (index === 0) throw new Error("the first one is cut");
      return { status: 200, body: { index } };
    });
    const connectionPool = { maximumConnections: 1 };
    const rest = createRest({ token: "the-token", api: server.api, connectionPool, retries: 0 });
    open.push(server, rest);
    const sends = Array.from({ length: 6 }, (_, index) => rest.request("GET", `/x/${"abcdef"[index]}`));
    const results = await Promise.allSettled(sends);
    expect(results[0]).toMatchObject({ status: "rejected", reason: { code: "REST_NETWORK_FAILED" } });
    expect(results.slice(1)).toMatchObject([1, 2, 3, 4, 5].map((index) => ({ status: "fulfilled", value: { index } })));
    expect(rest.getStats().pool).toMatchObject({ connected: 1, running: 0, pending: 0 });
  });

  it("gives a place in the queue back when the signal aborts, or there is no connection in time", async () => {
    const { server, clock, pool } = await setUp({ maximumConnections: 1, acquireTimeoutMs: 5_000 });
    const rest = createRest({ token: "the-token", api: server.api, connectionPool: pool, retries: 0, clock });
    open.push(rest);
    const lease = await pool.acquire(server.api);
    const abort = new AbortController();
    const first = rest.request("GET", "/a", { signal: abort.signal });
    const second = rest.request("GET", "/b");
    await expect.poll(() => pool.getStats().pending).toBe(2);
    abort.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(pool.getStats().pending).toBe(1);
    await clock.advance(5_000);
    await expect(second).rejects.toMatchObject({ code: "REST_POOL_EXHAUSTED" });
    lease.release();
    expect(pool.getStats()).toMatchObject({ pending: 0, running: 0 });
  });

  it("does not wait for a connection that is still being opened once the signal aborts", async () => {
    const dispatcher = new MockAgent();
    const begun = Promise.withResolvers<void>();
    dispatcher.dispatch = () => {
      begun.resolve();
      return true;
    };
    const rest = createRest({ token: "the-token", dispatcher });
    const abort = new AbortController();
    const request = rest.request("GET", "/x", { signal: abort.signal });
    await begun.promise;
    abort.abort(new Error("enough"));
    await expect(request).rejects.toThrow("enough");
    await rest.close();
    await dispatcher.close();
  });
});

import { createCircuitBreaker } from "@antiphon/patterns/resilience";
import { createManualClock } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { createRequestBatcher, createRest, type RestError, type RestOptions } from "../src/index.ts";
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from "./scripted-server.ts";

const MESSAGES = "/channels/1300000000000000000/messages";
const ok: ScriptedAnswer = { status: 200, body: { ok: true } };

/** Runs a test with a client whose time moves on whenever it would wait. */
async function withServer(
  answer: Parameters<typeof startScriptedServer>[0],
  options: RestOptions,
  test: (rest: ReturnType<typeof createRest>, server: ScriptedServer, delays: number[]) => Promise<void>,
): Promise<void> {
  await using server = await startScriptedServer(answer);
  const clock = createManualClock();
  await using rest = createRest({ token: "the-token", api: server.api, clock, ...options });
  const delays: number[] = [];
  rest.on("retry", ({ delayMs }) => {
    delays.push(delayMs);
    void clock.advance(0).then(() => clock.advance(10_000));
  });
  await test(rest, server, delays);
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("the request should have failed"),
    (error: unknown) => error as RestError,
  );

describe("a circuit breaker per class of routes", () => {
  it("spares a class that fails, and leaves the others alone", () => {
    const breaker = createCircuitBreaker({ failureThreshold: 2, recoveryTimeoutMs: 60_000 });
    return withServer(
      ({ method }) => (method === "GET" ? { status: 503, body: { message: "later" } } : ok),
      { policies: { reads: breaker }, retries: 0 },
      async (rest, server) => {
        for (let turn = 0; turn < 2; turn++)
          expect(await failure(rest.request("GET", "/x"))).toMatchObject({
            code: "REST_HTTP_ERROR",
            details: { status: 503 },
          });
        expect(await failure(rest.request("GET", "/x"))).toMatchObject({
          code: "RESILIENCE_CIRCUIT_OPEN",
          retryable: true,
          cause: { code: "REST_HTTP_ERROR", details: { status: 503 } },
        });
        expect(server.seen).toHaveLength(2);
        expect(await rest.request("POST", MESSAGES, { body: { content: "x" } })).toEqual({ ok: true });
        expect(rest.getStats()).toMatchObject({ inFlight: 0, waitingForBucket: 0 });
      },
    );
  });

  it.each([500, 503])(
    "counts each repetition after %i, whose pauses are bounded, and ends them when it opens",
    async (status) => {
      const breaker = createCircuitBreaker({ failureThreshold: 5, recoveryTimeoutMs: 60_000 });
      await withServer(
        () => ({ status, body: { message: "later" } }),
        {
          policies: { reads: breaker, writes: breaker },
          retryPolicies: { reads: { retries: 3, baseMs: 10, maximumMs: 20 }, writes: { retries: 3 } },
        },
        async (rest, server, delays) => {
          expect(await failure(rest.request("GET", "/x"))).toMatchObject({ details: { status } });
          expect([server.seen.length, delays.length, breaker.state]).toEqual([4, 3, "closed"]);
          expect(Math.max(...delays)).toBeLessThanOrEqual(20);
          // To create a channel twice is not safe, so that is tried once.
          const create = rest.request("POST", "/guilds/1300000000000000000/channels", { body: { name: "x" } });
          expect(await failure(create)).toMatchObject({ details: { status } });
          expect([server.seen.length, breaker.state]).toEqual([5, "open"]);
          expect(await failure(rest.request("GET", "/x"))).toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN" });
          expect(server.seen).toHaveLength(5);
        },
      );
    },
  );

  it("does not hold against a server what the bot did wrong", () => {
    const breaker = createCircuitBreaker({ failureThreshold: 1 });
    return withServer(
      (_request, index) => (index < 3 ? { status: 404, body: { message: "Unknown" } } : ok),
      { policies: { reads: breaker } },
      async (rest) => {
        for (let turn = 0; turn < 3; turn++)
          expect(await failure(rest.request("GET", "/x"))).toMatchObject({ details: { status: 404 } });
        expect(await rest.request("GET", "/x")).toEqual({ ok: true });
        expect(breaker.stats()).toMatchObject({ calls: 4, totalFailures: 0 });
      },
    );
  });
});

describe("retries per class and per request", () => {
  const broken = () => ({ status: 502 });

  it("has numbers and pauses of its own for a class", () =>
    withServer(
      broken,
      { retries: 1, retryPolicies: { messages: { retries: 4, baseMs: 10, maximumMs: 20 } } },
      async (rest, server, delays) => {
        await failure(rest.request("GET", "/x"));
        expect(server.seen).toHaveLength(2);
        await failure(rest.request("POST", MESSAGES, { body: { content: "x" } }));
        expect(server.seen).toHaveLength(7);
        expect(Math.max(...delays.slice(1))).toBeLessThanOrEqual(20);
      },
    ));

  it("lets a request say how often", () =>
    withServer(broken, {}, async (rest, server) => {
      await failure(rest.request("GET", "/x", { retries: 1 }));
      expect(server.seen).toHaveLength(2);
      await failure(rest.request("GET", "/x", { retries: 0 }));
      expect(server.seen).toHaveLength(3);
    }));

  it.each([401, 403])("never repeats after %i", (status) =>
    withServer(
      () => ({ status, body: { message: "no" } }),
      {},
      async (rest, server) => {
        expect(await failure(rest.request("GET", "/x", { retries: 5 }))).toMatchObject({ retryable: false });
        expect(server.seen).toHaveLength(1);
      },
    ),
  );
});

describe("errors", () => {
  it("of HTTP carry the status, Discord's code, the route, what Discord said, and how often it was tried", () =>
    withServer(
      () => ({ status: 503, body: { code: 130_000, message: "Overloaded" } }),
      { retries: 2 },
      async (rest) => {
        const error = await failure(rest.request("GET", "/channels/1300000000000000000"));
        expect(error.cause).toEqual({ code: 130_000, message: "Overloaded" });
        expect(error).toMatchObject({
          code: "REST_HTTP_ERROR",
          retryable: true,
          details: {
            status: 503,
            discordCode: 130_000,
            method: "GET",
            path: "/channels/1300000000000000000",
            route: "GET /channels/:id",
            attempts: 3,
          },
        });
      },
    ));

  it("of the network carry their cause and the route", async () => {
    const server = await startScriptedServer(() => ok);
    await server[Symbol.asyncDispose]();
    await using rest = createRest({ token: "the-token", api: server.api, retries: 0 });
    const error = await failure(rest.request("GET", "/users/@me"));
    expect(error).toMatchObject({ code: "REST_NETWORK_FAILED", details: { path: "/users/@me" } });
    expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("of time are worth another try where that is safe", async () => {
    await using server = await startScriptedServer(() => undefined);
    const clock = createManualClock();
    await using rest = createRest({ token: "the-token", api: server.api, clock, timeoutMs: 5_000, retries: 0 });
    const both = Promise.all([
      failure(rest.request("GET", "/x")),
      failure(rest.request("POST", "/guilds/1300000000000000000/channels", { body: { name: "x" } })),
    ]);
    await server.reached(2);
    await clock.advance(5_000);
    expect(await both).toMatchObject([
      { code: "REST_TIMED_OUT", retryable: true, details: { timeoutMs: 5_000 } },
      { code: "REST_TIMED_OUT", retryable: false },
    ]);
  });

  it("of limits say how long and whose they are", () =>
    withServer(
      () => ({
        status: 429,
        headers: { "x-ratelimit-scope": "user", "retry-after": "90" },
        body: { retry_after: 90, global: false },
      }),
      { rateLimitWaitLimitMs: 1_000 },
      async (rest) => {
        expect(await failure(rest.request("GET", "/x"))).toMatchObject({
          code: "REST_RATE_LIMITED",
          retryable: true,
          details: { retryAfterMs: 90_000, scope: "user" },
        });
      },
    ));

  it("of limits come in time where the limit was not known yet", async () => {
    const open = Promise.withResolvers<ScriptedAnswer>();
    const headers = {
      "x-ratelimit-bucket": "abc",
      "x-ratelimit-limit": "2",
      "x-ratelimit-remaining": "1",
      "x-ratelimit-reset-after": "600",
    };
    await using server = await startScriptedServer((_request, index) =>
      index === 0 ? open.promise : { ...ok, headers: { ...headers, "x-ratelimit-remaining": "0" } },
    );
    const clock = createManualClock();
    await using rest = createRest({ token: "t", api: server.api, clock, rateLimitWaitLimitMs: 5_000 });
    const rename = () => rest.request("PATCH", "/channels/1300000000000000000", { body: { name: "x" } });
    const first = rename();
    const early = failure(rename());
    await server.reached(1);
    await clock.advance(5_000);
    // Nobody knows yet how long the limit is.
    const error = await early;
    expect(error).toMatchObject({ code: "REST_RATE_LIMITED", retryable: true });
    expect(error.message).toMatch(/has waited 5000 ms for the answer to an earlier request/);
    const second = rename();
    const third = failure(rename());
    open.resolve({ ...ok, headers });
    expect(await third).toMatchObject({
      code: "REST_RATE_LIMITED",
      details: { retryAfterMs: expect.closeTo(600_000, -3) as number },
    });
    expect(await Promise.all([first, second])).toEqual([{ ok: true }, { ok: true }]);
    expect(server.seen).toHaveLength(2);
  });

  it("of the token never hold it", () =>
    withServer(
      () => ({ status: 401, body: { code: 0, message: "401: Unauthorized" } }),
      {},
      async (rest, server) => {
        const error = await failure(rest.request("GET", "/users/@me"));
        expect(error).toMatchObject({ code: "REST_UNAUTHORIZED", retryable: false, severity: "critical" });
        expect(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.details)}`).not.toContain("the-token");
        expect(server.seen).toHaveLength(1);
      },
    ));
});

describe("headers of one's own", () => {
  it("are sent beside the others, which they cannot replace", () =>
    withServer(
      () => ok,
      {},
      async (rest, server) => {
        await rest.request("GET", "/x", { headers: { "X-Super": "1", Authorization: "Bearer other" } });
        expect(server.seen[0]?.headers).toMatchObject({ "x-super": "1", authorization: "Bot the-token" });
        for (const headers of [{ "a b": "1" }, { a: "1\r\nb: 2" }])
          expect(await failure(rest.request("GET", "/x", { headers }))).toMatchObject({ code: "REST_INVALID_REQUEST" });
      },
    ));
});

describe("a batcher over a client", () => {
  it("queues method, path, headers and body under the limits, and counts what it cannot take", async () => {
    let endsAtMs = 0;
    let used = 0;
    // Two in 60 ms.
    await using server = await startScriptedServer(() => {
      const nowMs = performance.now();
      if (nowMs >= endsAtMs) [endsAtMs, used] = [nowMs + 60, 0];
      used++;
      const headers = {
        "x-ratelimit-bucket": "abc",
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": String(Math.max(0, 2 - used)),
        "x-ratelimit-reset-after": String((endsAtMs - nowMs) / 1_000),
      };
      return used > 2 ? { status: 429, headers, body: { retry_after: 0.06, global: false } } : { ...ok, headers };
    });
    await using rest = createRest({ token: "the-token", api: server.api });
    await using batcher = createRequestBatcher({ transport: rest, maximumWaitMs: 1, pendingLimit: 5 });
    const sends = Array.from({ length: 5 }, (_, index) =>
      batcher.request("POST", MESSAGES, { body: { content: `${index}` }, headers: { "x-own": `${index}` } }),
    );
    expect(await failure(batcher.request("POST", MESSAGES))).toMatchObject({ code: "REST_QUEUE_FULL" });
    await Promise.all(sends);
    const seen = server.seen.map(({ method, path, headers, body }) => {
      const { content } = JSON.parse(body) as { readonly content: string };
      return `${method} ${path} ${String(headers["x-own"])} ${content}`;
    });
    expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4].map((index) => `POST /api/v10${MESSAGES} ${index} ${index}`));
    expect(batcher.getStats()).toMatchObject({ overflowed: 1 });
    expect(rest.getStats()).toMatchObject({ rateLimited: 0 });
  });

  it("lets a request say how often it is repeated, but never after 401 or 403", () =>
    withServer(
      ({ path }) => ({ status: Number(path.slice(-3)), body: { message: "no" } }),
      {},
      async (rest, server) => {
        await using batcher = createRequestBatcher({ transport: rest, maximumWaitMs: 1 });
        for (const [status, times] of [
          [502, 3],
          [401, 1],
          [403, 1],
        ] as const) {
          const error = await failure(batcher.request("GET", `/x/${status}`, { retries: 2 }));
          expect(error).toMatchObject({ details: { status } });
          expect(server.seen.filter(({ path }) => path.endsWith(String(status)))).toHaveLength(times);
        }
      },
    ));
});

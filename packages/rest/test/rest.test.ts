import { createManualClock, createSeededRandom } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { createRest, type Rest, type RestError, type RestOptions } from "../src/index.ts";
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from "./scripted-server.ts";

const MESSAGES = "/channels/1300000000000000000/messages";
const ok: ScriptedAnswer = { status: 200, body: { ok: true } };
const limited = (headers: Record<string, string>, body: object | string): ScriptedAnswer => ({
  status: 429,
  headers,
  body,
});

/** Runs a test with a client whose time moves on whenever it would wait. */
async function withServer(
  answer: Parameters<typeof startScriptedServer>[0],
  test: (rest: Rest, server: ScriptedServer) => Promise<void>,
  options: RestOptions = {},
): Promise<void> {
  await using server = await startScriptedServer(answer);
  const clock = createManualClock();
  const random = createSeededRandom(1);
  await using rest = createRest({ token: "the-token\n", api: server.api, clock, random, ...options });
  rest.on("rateLimited", () => void clock.advance(0).then(() => clock.advance(10_000)));
  rest.on("retry", () => void clock.advance(0).then(() => clock.advance(10_000)));
  await test(rest, server);
}

/** Answers with the scripted ones first, then with 200. */
const firstly =
  (...answers: readonly ScriptedAnswer[]) =>
  (_request: unknown, index: number) =>
    answers[index] ?? ok;

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("the request should have failed"),
    (error: unknown) => error as RestError,
  );

describe("answers", () => {
  it("gives JSON, undefined for nothing, and identifies itself", () =>
    withServer(firstly(ok, { status: 204 }), async (rest, server) => {
      expect(await rest.request("GET", "/users/@me", { query: { a: ["1", "2"] } })).toEqual({ ok: true });
      expect(await rest.request("DELETE", "/users/@me", { reason: "why not" })).toBeUndefined();
      const [get, remove] = server.seen;
      expect(get).toMatchObject({ method: "GET", path: "/api/v10/users/@me?a=1&a=2", body: "" });
      expect(get?.headers).toMatchObject({ authorization: "Bot the-token" });
      expect(get?.headers["user-agent"]).toMatch(/^DiscordBot \(https:\/\/\S+, \S+\)$/);
      expect(remove?.headers["x-audit-log-reason"]).toBe("why%20not");
    }));

  it("reports a 2xx that is no JSON", () =>
    withServer(firstly({ status: 200, body: "<html>" }), async (rest) => {
      expect(await failure(rest.request("GET", "/x"))).toMatchObject({ code: "REST_INVALID_RESPONSE" });
    }));

  it("never shows a token", () =>
    withServer(
      () => ({ status: 404, body: { code: 10015, message: "Unknown Webhook" } }),
      async (rest) => {
        const error = await failure(rest.request("POST", "/webhooks/1300000000000000000/s3cret", { body: {} }));
        expect(error).toMatchObject({ code: "REST_HTTP_ERROR", details: { status: 404, discordCode: 10015 } });
        const text = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
        expect(text).not.toContain("s3cret");
        expect(text).not.toContain("the-token");
        expect(text).toContain("[redacted]");
      },
    ));

  it("tells a wrong token from other refusals", () =>
    withServer(
      () => ({ status: 401, body: { code: 0, message: "401: Unauthorized" } }),
      async (rest) => {
        expect(await failure(rest.request("GET", "/users/@me"))).toMatchObject({
          code: "REST_UNAUTHORIZED",
          retryable: false,
        });
        expect(rest.getStats()).toMatchObject({ failures: 1, invalidRequests: 1 });
      },
    ));
});

describe("retries", () => {
  it.each([500, 502, 503, 504, 522])("repeats after %i what can be repeated", (status) =>
    withServer(firstly({ status }, { status, body: "<html>" }, { status }), async (rest, server) => {
      expect(await rest.request("GET", "/x")).toEqual({ ok: true });
      expect(server.seen).toHaveLength(4);
      expect(rest.getStats()).toMatchObject({ requests: 4, retries: 3, failures: 0 });
    }),
  );

  it("repeats a message with the same nonce, which Discord keeps from appearing twice", () =>
    withServer(firstly({ status: 502 }), async (rest, server) => {
      await rest.request("POST", MESSAGES, { body: { content: "x" } });
      const [once, twice] = server.seen;
      expect(JSON.parse(once?.body ?? "")).toMatchObject({ content: "x", enforce_nonce: true });
      expect(twice?.body).toBe(once?.body);
    }));

  it("does not repeat another POST", () =>
    withServer(firstly({ status: 502 }), async (rest, server) => {
      const error = await failure(
        rest.request("POST", "/guilds/1300000000000000000/channels", { body: { name: "x" } }),
      );
      expect(error).toMatchObject({ code: "REST_HTTP_ERROR", retryable: true, details: { status: 502 } });
      expect(server.seen).toHaveLength(1);
    }));

  it("gives up in the end", () =>
    withServer(
      () => ({ status: 503 }),
      async (rest, server) => {
        expect(await failure(rest.request("GET", "/x"))).toMatchObject({ details: { status: 503 } });
        expect(server.seen).toHaveLength(4);
      },
    ));

  it("gives up when nobody listens, whatever the method", async () => {
    const server = await startScriptedServer(() => ok);
    await server[Symbol.asyncDispose]();
    const clock = createManualClock();
    await using rest = createRest({ token: "the-token", api: server.api, clock });
    rest.on("retry", () => void clock.advance(0).then(() => clock.advance(10_000)));
    const error = await failure(rest.request("POST", "/guilds/1300000000000000000/channels", { body: {} }));
    expect(error).toMatchObject({ code: "REST_NETWORK_FAILED", retryable: true });
    expect(error.message).toContain("ECONNREFUSED");
    expect(rest.getStats()).toMatchObject({ retries: 3 });
  });

  it("cuts an answer off that does not come", async () => {
    await using server = await startScriptedServer(() => undefined);
    const clock = createManualClock();
    await using rest = createRest({ token: "the-token", api: server.api, clock, timeoutMs: 5_000, retries: 0 });
    const request = failure(rest.request("GET", "/x"));
    await server.reached(1);
    await clock.advance(5_000);
    expect(await request).toMatchObject({ code: "REST_TIMED_OUT", retryable: true, details: { timeoutMs: 5_000 } });
  });
});

describe("rate limits", () => {
  it.each([
    ["user", { "x-ratelimit-scope": "user", "retry-after": "1" }, { message: "", retry_after: 0.5, global: false }, 1],
    [
      "shared",
      { "x-ratelimit-scope": "shared", "retry-after": "1" },
      { message: "", retry_after: 0.5, global: false },
      0,
    ],
    [
      "global",
      { "x-ratelimit-global": "true", "retry-after": "1" },
      { message: "", retry_after: 0.5, global: true },
      1,
    ],
    ["global", { "retry-after": "1" }, "<html>error code: 1015</html>", 1],
  ] as const)("waits after a 429 (%s) and sends again", (scope, headers, body, invalid) =>
    withServer(firstly(limited(headers, body)), async (rest) => {
      const scopes: string[] = [];
      rest.on("rateLimited", (event) => scopes.push(event.scope));
      expect(await rest.request("POST", "/guilds/1300000000000000000/channels", { body: {} })).toEqual({ ok: true });
      expect(scopes).toEqual([scope]);
      expect(rest.getStats()).toMatchObject({
        rateLimited: 1,
        sharedRateLimited: scope === "shared" ? 1 : 0,
        invalidRequests: invalid,
        retries: 0,
      });
    }),
  );

  it("waits after a global 429 also on a route that is exempt from the global limit", async () => {
    await using server = await startScriptedServer(
      firstly(limited({ "retry-after": "3" }, "<html>error code: 1015</html>")),
    );
    const clock = createManualClock();
    await using rest = createRest({ token: "the-token", api: server.api, clock });
    const refused = new Promise<void>((resolve) => rest.on("rateLimited", () => resolve()));
    const request = rest.request("POST", "/webhooks/1300000000000000000/s3cret", { body: {} });
    await refused;
    await clock.advance(2_999);
    expect(server.seen).toHaveLength(1);
    await clock.advance(10);
    expect(await request).toEqual({ ok: true });
  });

  it("fails at once where it would have to wait for long, and the next call without being sent", () =>
    withServer(
      () => limited({ "x-ratelimit-scope": "user", "retry-after": "600" }, { retry_after: 600, global: false }),
      async (rest, server) => {
        const change = () => failure(rest.request("PATCH", "/channels/1300000000000000000", { body: { name: "x" } }));
        expect(await change()).toMatchObject({
          code: "REST_RATE_LIMITED",
          retryable: true,
          details: { retryAfterMs: 600_000 },
        });
        expect(await change()).toMatchObject({ code: "REST_RATE_LIMITED" });
        expect(server.seen).toHaveLength(1);
      },
    ));

  it("does not try forever", () =>
    withServer(
      () => limited({ "retry-after": "0" }, { retry_after: 0, global: false }),
      async (rest, server) => {
        expect(await failure(rest.request("GET", "/x"))).toMatchObject({ code: "REST_RATE_LIMITED" });
        expect(server.seen).toHaveLength(5);
      },
    ));

  it("stops before Discord bans the address", () =>
    withServer(
      () => ({ status: 403, body: { code: 50013, message: "Missing Permissions" } }),
      async (rest, server) => {
        for (let index = 0; index < 5; index++) await failure(rest.request("GET", `/x/${index}`));
        const error = await failure(rest.request("GET", "/x"));
        expect(error).toMatchObject({ code: "REST_INVALID_REQUEST_BUDGET_SPENT", severity: "critical" });
        expect(server.seen).toHaveLength(5);
      },
      { invalidRequestLimit: 5 },
    ));
});

describe("interactions", () => {
  it("answers a thousand side by side on a bounded number of sockets, and forgets them", () =>
    withServer(
      () => ({ status: 204 }),
      async (rest, server) => {
        const answers = Array.from({ length: 1_000 }, (_, index) =>
          rest.request("POST", `/interactions/${1_300_000_000_000_000_000n + BigInt(index)}/token${index}/callback`, {
            body: { type: 5 },
            authenticate: false,
          }),
        );
        await Promise.all(answers);
        expect(server.seen).toHaveLength(1_000);
        expect(server.peakSockets).toBeLessThanOrEqual(64);
        expect(server.seen[0]?.headers).not.toHaveProperty("authorization");
        expect(rest.getStats()).toMatchObject({ rateLimited: 0, buckets: 0 });
      },
    ));

  it("does not make follow-ups wait for the global limit", () =>
    withServer(
      () => ok,
      async (rest, server) => {
        const followUps = Array.from({ length: 120 }, (_, index) =>
          rest.request("POST", `/webhooks/1300000000000000000/token${index}`, { body: { content: "x" } }),
        );
        await Promise.all(followUps);
        expect(server.seen).toHaveLength(120);
      },
    ));
});

describe("bounds and ends", () => {
  it("obeys the signal in the queue and on the wire", async () => {
    await using server = await startScriptedServer(() => undefined);
    await using rest = createRest({ token: "the-token", api: server.api });
    const onWire = new AbortController();
    const inQueue = new AbortController();
    const first = failure(rest.request("GET", MESSAGES, { signal: onWire.signal }));
    const second = failure(rest.request("GET", MESSAGES, { signal: inQueue.signal }));
    await server.reached(1);
    inQueue.abort(new Error("second"));
    expect((await second).message).toBe("second");
    onWire.abort(new Error("first"));
    expect((await first).message).toBe("first");
    expect((await failure(rest.request("GET", "/x", { signal: onWire.signal }))).message).toBe("first");
    expect(server.seen).toHaveLength(1);
    expect(rest.getStats()).toMatchObject({ pending: 0, inFlight: 0, failures: 3 });
  });

  it("refuses more than it can keep", async () => {
    await using server = await startScriptedServer(() => undefined);
    const rest = createRest({ token: "the-token", api: server.api, pendingLimit: 2 });
    const two = [failure(rest.request("GET", "/a")), failure(rest.request("GET", "/b"))];
    expect(await failure(rest.request("GET", "/c"))).toMatchObject({ code: "REST_QUEUE_FULL" });
    await server.reached(2);
    await rest.close({ signal: AbortSignal.abort() });
    await Promise.all(two);
  });

  it("closes once: what is under way ends, what waits is rejected", async () => {
    const answer = Promise.withResolvers<ScriptedAnswer>();
    await using server = await startScriptedServer(() => answer.promise);
    const rest = createRest({ token: "the-token", api: server.api });
    const underWay = rest.request("GET", MESSAGES);
    const waiting = failure(rest.request("GET", MESSAGES));
    await server.reached(1);
    const closing = [rest.close(), rest.close()];
    expect(await waiting).toMatchObject({ code: "REST_CLOSED" });
    answer.resolve(ok);
    expect(await underWay).toEqual({ ok: true });
    await Promise.all(closing);
    expect(await failure(rest.request("GET", "/x"))).toMatchObject({ code: "REST_CLOSED" });
  });

  it.each([
    { api: "nowhere" },
    { api: "ftp://x" },
    { connectionPool: { maximumConnections: 0 } },
    { retries: -1 },
    { timeoutMs: Number.NaN },
  ])("refuses %j", (options) => {
    expect(() => createRest(options)).toThrow(expect.objectContaining({ code: "REST_INVALID_OPTIONS" }) as Error);
  });
});

import type { RestMethod, RestRequestOptions, RestTransport } from "@antiphon/protocol/discord";
import { createManualClock, type ManualClock } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { matchPattern, type BatchedRequest } from "./batched-request.ts";
import { createRequestBatcher, type RequestBatcherOptions } from "./request-batcher.ts";

interface Sent {
  readonly method: RestMethod;
  readonly path: string;
  readonly options: RestRequestOptions | undefined;
}

function setUp(options: Partial<RequestBatcherOptions> = {}, answer: (sent: Sent) => unknown = ({ path }) => path) {
  const clock = createManualClock();
  const sent: Sent[] = [];
  const transport: RestTransport = {
    async request<Result>(method: RestMethod, path: string, requestOptions?: RestRequestOptions) {
      const own = { method, path, options: requestOptions };
      sent.push(own);
      return (await answer(own)) as Result;
    },
  };
  const batcher = createRequestBatcher({ transport, clock, maximumBatchSize: 4, maximumWaitMs: 100, ...options });
  return { clock, sent, batcher };
}

const snowflake = (clock: ManualClock, ageMs: number, count = 0) =>
  String(((BigInt(clock.now()) - BigInt(ageMs) - 1_420_070_400_000n) << 22n) + BigInt(count));
const DAY_MS = 24 * 60 * 60 * 1_000;

describe("createRequestBatcher", () => {
  it("gathers requests within a bound, schedules what cannot be sent together, and coalesces what can", async () => {
    const { clock, sent, batcher } = setUp({ pendingLimit: 5, maximumBatchSize: 10 });
    const messages = [1, 2].map((count) => `/channels/1/messages/${snowflake(clock, 0, count)}`);
    const all = [
      ...messages.map((path) => batcher.request("DELETE", path)),
      ...["/y", "/y"].map((path) => batcher.request("GET", path)),
      batcher.request("POST", "/a"),
      batcher.request("POST", "/b"),
    ];
    await expect(batcher.request("POST", "/c")).rejects.toMatchObject({ code: "REST_QUEUE_FULL" });
    expect(sent).toEqual([]);
    await clock.advance(100);
    await Promise.all(all);
    expect(sent.map(({ path }) => path)).toEqual(["/channels/1/messages/bulk-delete", "/y", "/a", "/b"]);
  });

  it("sends a batch when it is full", async () => {
    const { clock, sent, batcher } = setUp();
    const results = Array.from({ length: 4 }, (_, index) => batcher.request("POST", `/x/${index}`));
    expect(await Promise.all(results)).toEqual(["/x/0", "/x/1", "/x/2", "/x/3"]);
    void batcher.request("POST", "/x/4");
    await clock.advance(0);
    expect(sent).toHaveLength(4);
    expect(batcher.getStats()).toMatchObject({ batches: 1, waiting: 1, pending: 1 });
  });

  it("sends a batch when its first request has waited for long enough", async () => {
    const { clock, sent, batcher } = setUp();
    void batcher.request("POST", "/x/0");
    await clock.advance(60);
    void batcher.request("POST", "/x/1", { body: { a: 1 }, headers: { "x-a": "b" }, retries: 1, reason: "why" });
    await clock.advance(39);
    expect(sent).toHaveLength(0);
    await clock.advance(1);
    expect(sent.map(({ path }) => path)).toEqual(["/x/0", "/x/1"]);
    expect(sent[1]?.options).toMatchObject({ body: { a: 1 }, headers: { "x-a": "b" }, retries: 1, reason: "why" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("gives each request its own result or error", async () => {
    const { batcher } = setUp({}, ({ path }) => (path === "/bad" ? Promise.reject(new Error("bad")) : path));
    const good = batcher.request("POST", "/good");
    const bad = batcher.request("POST", "/bad");
    await Promise.all([
      expect(bad).rejects.toThrow("bad"),
      expect(good).resolves.toBe("/good"),
      batcher.processBatch(),
    ]);
  });

  it("sends the waiting batch now, and says when all of it has ended", async () => {
    const gate = Promise.withResolvers<string>();
    const { sent, batcher } = setUp({}, () => gate.promise);
    const request = batcher.request("POST", "/x").catch(() => "failed");
    let isDone = false;
    const processing = batcher.processBatch().then(() => (isDone = true));
    await Promise.resolve();
    expect(sent).toHaveLength(1);
    expect(isDone).toBe(false);
    gate.reject(new Error("no"));
    await processing;
    expect(await request).toBe("failed");
    await batcher.processBatch();
  });

  it("lets answers to interactions pass", async () => {
    const { clock, sent, batcher } = setUp({ maximumBatchSize: 100, maximumWaitMs: 5_000 });
    void batcher.request("POST", "/x");
    await batcher.request("POST", "/interactions/1300000000000000000/token/callback", { body: {} });
    await batcher.request("PATCH", "/webhooks/1300000000000000000/token/messages/@original", { body: {} });
    expect(sent).toHaveLength(2);
    expect(batcher.getStats()).toMatchObject({ bypassed: 2, batches: 0, waiting: 1 });
    await clock.advance(5_000);
    expect(sent).toHaveLength(3);
    for (let index = 0; index < 100; index++) void batcher.request("POST", `/x/${index}`);
    await clock.advance(0);
    expect(sent).toHaveLength(103);
  });

  it("asks once for what several want to read", async () => {
    const { clock, sent, batcher } = setUp();
    const read = (limit: number, more: RestRequestOptions = {}) =>
      batcher.request("GET", "/x", { query: { limit }, ...more });
    const all = [read(1), read(1), read(2), read(1, { headers: { a: "b" } })];
    await clock.advance(100);
    await Promise.all(all);
    expect(sent).toHaveLength(3);
    expect(batcher.getStats()).toMatchObject({ deduplicated: 1 });
    void read(1);
    await clock.advance(100);
    expect(sent).toHaveLength(4);
  });

  it("rejects what takes too long, its time in the queue included, and calls it back", async () => {
    const { clock, sent, batcher } = setUp({}, () => new Promise(() => {}));
    const inQueue = batcher.request("POST", "/queue", { timeoutMs: 50 });
    const onWire = batcher.request("GET", "/wire", { timeoutMs: 150 });
    const expected = (timeoutMs: number, retryable: boolean) => ({
      code: "REST_TIMED_OUT",
      retryable,
      details: { timeoutMs },
    });
    await Promise.all([clock.advance(50), expect(inQueue).rejects.toMatchObject(expected(50, false))]);
    await clock.advance(99);
    expect(sent.map(({ path }) => path)).toEqual(["/wire"]);
    await Promise.all([clock.advance(1), expect(onWire).rejects.toMatchObject(expected(150, true))]);
    expect(sent[0]?.options?.signal?.aborted).toBe(true);
    batcher.processTimeouts();
    expect(batcher.getStats()).toMatchObject({ timedOut: 2, pending: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it("rejects expired requests by its clock, and also when asked to", async () => {
    const { clock, batcher } = setUp();
    const first = batcher.request("POST", "/x", { timeoutMs: 50 });
    await Promise.all([clock.advance(50), expect(first).rejects.toMatchObject({ code: "REST_TIMED_OUT" })]);
    const { setTimer } = clock;
    // A clock whose timers never fire: only the call finds out.
    const still = { ...clock, setTimer: (...args: Parameters<typeof setTimer>) => setTimer(1e9, args[1]) };
    const other = createRequestBatcher({ transport: batcher, clock: still });
    const late = other.request("POST", "/x", { timeoutMs: 50 });
    await clock.advance(60);
    other.processTimeouts();
    await expect(late).rejects.toMatchObject({ code: "REST_TIMED_OUT" });
  });

  it("refuses and counts what it cannot keep, and drops what was aborted", async () => {
    const { sent, batcher } = setUp({ pendingLimit: 1 });
    const abort = new AbortController();
    const first = batcher.request("POST", "/x/0", { signal: abort.signal });
    await expect(batcher.request("POST", "/x/1")).rejects.toMatchObject({ code: "REST_QUEUE_FULL", retryable: true });
    abort.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    await batcher.processBatch();
    expect(sent).toEqual([]);
    expect(batcher.getStats()).toMatchObject({ overflowed: 1, pending: 0 });
    expect(() => setUp({ maximumBatchSize: 0 })).toThrow(/maximumBatchSize is 0/);
  });

  it("sends what waits when it closes, or rejects it when that is aborted", async () => {
    const { sent, batcher } = setUp();
    const request = batcher.request("POST", "/x");
    await Promise.all([batcher.close(), batcher.close()]);
    expect(await request).toBe("/x");
    expect(sent).toHaveLength(1);
    await expect(batcher.request("POST", "/x")).rejects.toMatchObject({ code: "REST_CLOSED" });
    const stuck = setUp({}, () => new Promise(() => {}));
    const lost = stuck.batcher.request("POST", "/x");
    await Promise.all([
      expect(lost).rejects.toMatchObject({ code: "REST_CLOSED" }),
      stuck.batcher.close({ signal: AbortSignal.abort() }),
    ]);
  });
});

describe("batch handlers", () => {
  const collect = (priority: number, log: string[], maximumBatchSize?: number) => ({
    method: "POST" as const,
    pattern: "/things/:thing/parts",
    priority,
    maximumBatchSize,
    process: async (requests: readonly BatchedRequest[]) => {
      log.push(`${priority}: ${requests.map(({ parameters }) => parameters["thing"]).join(" ")}`);
      for (const request of requests) request.resolve(priority);
    },
  });

  it("take the requests of their pattern, in portions of their size, the highest priority first", async () => {
    const { clock, sent, batcher } = setUp({ maximumBatchSize: 10 });
    const log: string[] = [];
    batcher.addBatchHandler(collect(1, log));
    const better = batcher.addBatchHandler(collect(2, log, 2));
    const ask = async () => {
      const all = ["/things/a/parts", "/things/b/parts", "/things/c/parts", "/things/d"].map((path) =>
        batcher.request("POST", path),
      );
      await clock.advance(100);
      return Promise.all(all);
    };
    expect(await ask()).toEqual([2, 2, 2, "/things/d"]);
    expect(log).toEqual(["2: a b", "2: c"]);
    expect(sent).toHaveLength(1);
    better[Symbol.dispose]();
    better[Symbol.dispose]();
    expect(await ask()).toEqual([1, 1, 1, "/things/d"]);
    expect(batcher.getStats()).toMatchObject({ handled: 6, batches: 2 });
  });

  it("leave no request without an end", async () => {
    const { clock, batcher } = setUp();
    batcher.addBatchHandler({ method: "POST", pattern: "/forgets", process: async () => {} });
    batcher.addBatchHandler({ method: "POST", pattern: "/throws", process: () => Promise.reject(new Error("broken")) });
    const ends = Promise.all([
      expect(batcher.request("POST", "/forgets")).rejects.toMatchObject({ code: "REST_INVALID_RESPONSE" }),
      expect(batcher.request("POST", "/throws")).rejects.toThrow("broken"),
    ]);
    await Promise.all([clock.advance(100), ends]);
  });

  it("match patterns part by part", () => {
    expect(matchPattern("/a/:b/c/:d", "/a/1/c/2")).toEqual({ b: "1", d: "2" });
    for (const path of ["/a/1/c", "/a//c/2", "/a/1/x/2", "/a/1/c/2/e"])
      expect(matchPattern("/a/:b/c/:d", path)).toBeUndefined();
  });
});

describe("bulk deletion", () => {
  it("deletes young messages of a channel at once, old ones and single ones alone", async () => {
    const { clock, sent, batcher } = setUp({ maximumBatchSize: 200 });
    const remove = (channel: number, ageMs: number, count: number, reason?: string) =>
      batcher.request(
        "DELETE",
        `/channels/${channel}/messages/${snowflake(clock, ageMs, count)}`,
        reason === undefined ? {} : { reason },
      );
    const all = [
      ...Array.from({ length: 101 }, (_, index) => remove(1, 60_000, index)),
      remove(1, 60_000, 0),
      remove(1, 15 * DAY_MS, 1),
      remove(2, DAY_MS, 1),
      remove(3, DAY_MS, 1, "spam"),
      remove(3, DAY_MS, 2, "spam"),
      remove(3, DAY_MS, 3, "rude"),
    ];
    await clock.advance(100);
    await Promise.all(all);
    const requests = sent.map(({ method, path, options }) => {
      const ids = (options?.body as { readonly messages: readonly string[] } | undefined)?.messages.length;
      return `${method} ${path.replace(/\d{15,}/, "ID")} ${ids ?? ""} ${options?.reason ?? ""}`.trim();
    });
    expect(requests.toSorted()).toEqual([
      "DELETE /channels/1/messages/ID",
      "DELETE /channels/2/messages/ID",
      "DELETE /channels/3/messages/ID  rude",
      "POST /channels/1/messages/bulk-delete 100",
      "POST /channels/1/messages/bulk-delete 2",
      "POST /channels/3/messages/bulk-delete 2 spam",
    ]);
  });
});

describe("bulk ban", () => {
  it("bans a guild's members at once, and says who could not be", async () => {
    const { clock, sent, batcher } = setUp({ maximumBatchSize: 10 }, ({ path }) =>
      path.endsWith("bulk-ban") ? { banned_users: ["11"], failed_users: ["12"] } : undefined,
    );
    const ban = (guild: number, user: number, body?: object) =>
      batcher.request("PUT", `/guilds/${guild}/bans/${user}`, {
        reason: "raid",
        ...(body === undefined ? {} : { body }),
      });
    const failed = expect(ban(1, 12)).rejects.toMatchObject({ code: "REST_HTTP_ERROR", details: { userId: "12" } });
    const all = [ban(1, 11), ban(1, 13, { delete_message_seconds: 60 }), ban(2, 11)];
    await clock.advance(100);
    await Promise.all([...all, failed]);
    expect(sent.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
      "POST /guilds/1/bulk-ban",
      "PUT /guilds/1/bans/13",
      "PUT /guilds/2/bans/11",
    ]);
    expect(sent.find(({ path }) => path.endsWith("bulk-ban"))?.options).toMatchObject({
      body: { user_ids: ["12", "11"], delete_message_seconds: 0 },
      reason: "raid",
    });
  });
});

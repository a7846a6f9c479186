import { createManualClock, createSeededRandom } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { createGlobalLimiter } from "./global-limiter.ts";
import { createRateLimiter, type BucketPermit, type RateLimiter } from "./rate-limiter.ts";
import type { Route } from "./route.ts";
import { WaitTooLong } from "./waiting-line.ts";

const routeOf = (key: string, major = "1", hasToken = false): Route => ({
  key,
  major,
  hasToken,
  routeClass: "messages",
  redactedPath: key,
});
const route = routeOf("POST /channels/:id/messages");
const headers = (remaining: number, resetAfterMs = 2_000, hash = "abc") => ({
  hash,
  limit: 5,
  remaining,
  resetAfterMs,
});

function setUp(waitLimitMs = 60_000) {
  const clock = createManualClock();
  const limiter = createRateLimiter(clock, waitLimitMs);
  const granted: BucketPermit[] = [];
  const ask = (of: Route, signal?: AbortSignal) => {
    const permit = limiter.acquire(of, signal);
    permit.then((value) => granted.push(value)).catch(() => {});
    return permit;
  };
  const settleAll = (remaining: number, resetAfterMs?: number) => {
    for (const permit of granted.splice(0))
      permit.settle({ headers: headers(remaining, resetAfterMs), succeeded: true });
  };
  return { clock, limiter, granted, ask, settleAll };
}

describe("createRateLimiter", () => {
  it("sends one request to learn the limit, then as many at once as are left", async () => {
    const { clock, granted, ask, settleAll } = setUp();
    for (let index = 0; index < 12; index++) void ask(route);
    await clock.advance(0);
    expect(granted).toHaveLength(1);
    settleAll(4);
    await clock.advance(0);
    expect(granted).toHaveLength(4);
    settleAll(0);
    await clock.advance(1_999);
    expect(granted).toHaveLength(0);
    await clock.advance(10);
    expect(granted).toHaveLength(5);
    settleAll(0);
    await clock.advance(2_010);
    expect(granted).toHaveLength(2);
  });

  it("lets everything out where there are no limits", async () => {
    const { clock, granted, ask } = setUp();
    for (let index = 0; index < 20; index++) void ask(route);
    await clock.advance(0);
    granted[0]?.settle({ succeeded: true });
    await clock.advance(0);
    expect(granted).toHaveLength(20);
  });

  it("does not take a failure for the absence of limits, nor does it stick after one", async () => {
    const { clock, granted, ask, settleAll } = setUp();
    for (let index = 0; index < 3; index++) void ask(route);
    await clock.advance(0);
    granted[0]?.settle({ succeeded: false });
    await clock.advance(0);
    expect(granted).toHaveLength(2);
    granted.splice(0, 1);
    settleAll(4);
    await clock.advance(0);
    expect(granted).toHaveLength(1);
    // A window that nobody heard of again: all five of the next one fail.
    granted.splice(0)[0]?.settle({ succeeded: false });
    await clock.advance(3_000);
    for (let index = 0; index < 6; index++) void ask(route);
    await clock.advance(0);
    expect(granted).toHaveLength(5);
    for (const permit of granted.splice(0)) permit.settle({ succeeded: false });
    await clock.advance(0);
    expect(granted).toHaveLength(1);
  });

  it("shares a bucket between routes of one hash, but not between channels", async () => {
    const { clock, granted, ask, settleAll } = setUp();
    const sibling = routeOf("PATCH /channels/:id/messages/:id");
    void ask(route);
    void ask(sibling);
    await clock.advance(0);
    expect(granted).toHaveLength(2);
    settleAll(1);
    for (let index = 0; index < 4; index++) void ask(index % 2 === 0 ? route : sibling);
    await clock.advance(0);
    expect(granted).toHaveLength(1);
    void ask({ ...route, major: "2" });
    await clock.advance(0);
    expect(granted).toHaveLength(2);
  });

  it("moves what waits for a route to the bucket that the route turns out to have", async () => {
    const { clock, limiter, granted, ask } = setUp();
    void ask(route);
    await clock.advance(0);
    granted.splice(0)[0]?.settle({ headers: headers(0), succeeded: true });
    const sibling = routeOf("PATCH /channels/:id/messages/:id");
    for (let index = 0; index < 3; index++) void ask(sibling);
    await clock.advance(0);
    granted.splice(0)[0]?.settle({ headers: headers(0), succeeded: true });
    await clock.advance(1_000);
    expect(granted).toHaveLength(0);
    expect(limiter.bucketCount).toBe(1);
    expect(limiter.waiting).toBe(2);
    await clock.advance(1_010);
    expect(granted).toHaveLength(2);
  });

  it("forgets what was aborted after it moved", async () => {
    const { clock, limiter, granted, ask, settleAll } = setUp();
    void ask(route);
    await clock.advance(0);
    settleAll(0);
    const sibling = routeOf("PATCH /channels/:id/messages/:id");
    void ask(sibling);
    const abort = new AbortController();
    const aborted = ask(sibling, abort.signal);
    void ask(sibling);
    await clock.advance(0);
    settleAll(0);
    expect(limiter.waiting).toBe(2);
    abort.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    expect(limiter.waiting).toBe(1);
    // Nor does it take one of the next window's places.
    await clock.advance(2_010);
    expect(granted).toHaveLength(1);
    for (let index = 0; index < 5; index++) void ask(sibling);
    await clock.advance(0);
    expect(granted).toHaveLength(5);
  });

  it("waits as long as a 429 asks for", async () => {
    const { clock, limiter, granted, ask } = setUp();
    void ask(route);
    await clock.advance(0);
    granted.splice(0)[0]?.settle({ headers: headers(0), succeeded: false, blockMs: 7_000 });
    void ask(route);
    expect(limiter.waitMs(route)).toBeGreaterThan(6_999);
    await clock.advance(6_999);
    expect(granted).toHaveLength(0);
    await clock.advance(10);
    expect(granted).toHaveLength(1);
  });

  it("forgets buckets of tokens at once, and others when they were not used for long", async () => {
    const { clock, limiter, granted, ask } = setUp();
    for (let index = 0; index < 500; index++)
      void ask(routeOf("POST /interactions/:id/:token/callback", `t${index}`, true));
    await clock.advance(0);
    for (const permit of granted.splice(0)) permit.settle({ succeeded: true });
    expect(limiter.bucketCount).toBe(0);
    void ask(routeOf("POST /webhooks/:id/:token", "token", true));
    void ask(route);
    await clock.advance(0);
    for (const permit of granted.splice(0)) permit.settle({ headers: headers(4), succeeded: true });
    expect(limiter.bucketCount).toBe(2);
    await clock.advance(60_000);
    expect(limiter.bucketCount).toBe(1);
    await clock.advance(600_000);
    expect(limiter.bucketCount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it("keeps few buckets of tokens even when each has a limit, but those that are spent", async () => {
    const { clock, limiter, granted, ask } = setUp();
    const hook = (index: number) => routeOf("POST /webhooks/:id/:token", `t${index}`, true);
    for (let index = 0; index < 5_000; index++) void ask(hook(index));
    await clock.advance(0);
    const spent = granted.splice(0, 10);
    for (const permit of spent) permit.settle({ headers: headers(0), succeeded: true });
    for (const permit of granted.splice(0)) permit.settle({ headers: headers(4), succeeded: true });
    expect(limiter.bucketCount).toBeLessThanOrEqual(100);
    expect(limiter.waitMs(hook(0))).toBeGreaterThan(1_000);
    expect(limiter.waitMs(hook(4_999))).toBe(0);
    limiter.close(new Error("over"));
  });

  it("drops what was aborted, and rejects what waits when it closes", async () => {
    const { clock, limiter, granted, ask } = setUp();
    void ask(route);
    await clock.advance(0);
    const abort = new AbortController();
    const aborted = ask(route, abort.signal);
    const waiting = ask(route);
    abort.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    limiter.close(new Error("closed"));
    await expect(waiting).rejects.toThrow("closed");
    expect(granted).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("a wait limit", () => {
  const outcomeOf = (permit: Promise<BucketPermit>) =>
    permit.then(
      () => "granted",
      (error: unknown) => (error instanceof WaitTooLong ? error.waitMs : error),
    );

  it("holds for those who waited while the limit was found out", async () => {
    const { clock, limiter, ask, granted, settleAll } = setUp(1_000);
    const outcomes = Array.from({ length: 7 }, () => outcomeOf(ask(route)));
    await clock.advance(0);
    settleAll(4, 2_000);
    await clock.advance(0);
    expect(await Promise.all(outcomes)).toEqual([...Array<string>(5).fill("granted"), 2_005, 2_005]);
    expect(granted).toHaveLength(4);
    expect(limiter.waiting).toBe(0);
    expect(clock.pendingTimers).toBe(1);
  });

  it("ends the wait for a first answer that does not come, for each call by itself", async () => {
    const { clock, granted, ask, limiter, settleAll } = setUp(1_000);
    const outcomes = [outcomeOf(ask(route)), outcomeOf(ask(route))];
    await clock.advance(600);
    outcomes.push(outcomeOf(ask(route)));
    await clock.advance(400);
    expect(limiter.waiting).toBe(1);
    settleAll(0, 900);
    // Now the moment is known, and near enough.
    await clock.advance(900 + 10);
    expect(await Promise.all(outcomes)).toEqual(["granted", undefined, "granted"]);
    expect(granted).toHaveLength(1);
  });

  it("of nothing lets nobody wait for a first answer", async () => {
    const { clock, ask } = setUp(0);
    const outcomes = [outcomeOf(ask(route)), outcomeOf(ask(route))];
    await clock.advance(0);
    expect(await Promise.all(outcomes)).toEqual(["granted", undefined]);
  });

  it("holds when a 429 shuts the bucket for longer", async () => {
    const { clock, granted, ask } = setUp(1_000);
    void ask(route);
    const late = outcomeOf(ask(route));
    await clock.advance(0);
    granted.splice(0)[0]?.settle({ succeeded: false, blockMs: 90_000 });
    expect(await late).toBe(90_005);
  });
});

/** A server with the same fixed window as Discord's, and a network that takes between `0` and `maximumMs` each way. */
async function storm(seed: number, maximumDelayMs: number) {
  const clock = createManualClock();
  const random = createSeededRandom(seed);
  const limiter: RateLimiter = createRateLimiter(clock, 60_000);
  const global = createGlobalLimiter(50, clock);
  const windows = new Map<string, { used: number; endsAtMs: number }>();
  let refused = 0;
  const count = (key: string, limit: number, windowMs: number) => {
    const nowMs = clock.monotonicMs();
    let window = windows.get(key);
    if (window === undefined || window.endsAtMs <= nowMs)
      windows.set(key, (window = { used: 0, endsAtMs: nowMs + windowMs }));
    window.used++;
    if (window.used > limit) refused++;
    return { remaining: Math.max(0, limit - window.used), resetAfterMs: window.endsAtMs - nowMs };
  };
  const request = async (channel: string) => {
    const permit = await limiter.acquire(routeOf("POST /channels/:id/messages", channel), undefined);
    const place = await global.acquire(undefined);
    await clock.sleep(random.next() * maximumDelayMs);
    count("global", 50, 1_000);
    const { remaining, resetAfterMs } = count(channel, 5, 2_000);
    await clock.sleep(random.next() * maximumDelayMs);
    place.release();
    permit.settle({ headers: { hash: "abc", limit: 5, remaining, resetAfterMs }, succeeded: true });
  };
  const all = Promise.all(Array.from({ length: 600 }, (_, index) => request(String(index % 60))));
  await clock.advance(60_000);
  await all;
  limiter.close(new Error("end"));
  return refused;
}

describe("a storm of 600 requests over 60 channels", () => {
  it.each([
    [1, 30],
    [2, 30],
    [3, 250],
    [4, 1_000],
  ])("is never refused (seed %i, up to %i ms each way)", async (seed, maximumDelayMs) => {
    expect(await storm(seed, maximumDelayMs)).toBe(0);
  });
});

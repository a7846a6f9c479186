import type { SharedLimiter } from "@antiphon/protocol/discord";
import { createManualClock, createSecret, createSeededRandom, type ManualClock } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import type { Admission, Ticket } from "./admission.ts";
import { createMemorySharedLimiter } from "./memory-shared-limiter.ts";
import type { Route } from "./route.ts";
import { createSharedAdmission } from "./shared-admission.ts";
import { WaitTooLong } from "./waiting-line.ts";

const routeOf = (major: string, key = "POST /channels/:id/messages", hasToken = false): Route => ({
  key,
  major,
  hasToken,
  routeClass: "messages",
  redactedPath: key,
});
const headers = (remaining: number, resetAfterMs = 2_000, hash = "abc") => ({
  hash,
  limit: 5,
  remaining,
  resetAfterMs,
});

function createClients(
  count: number,
  clock: ManualClock,
  limiter: SharedLimiter,
  waitLimitMs = 60_000,
): readonly Admission[] {
  const options = { limiter, token: createSecret("token"), globalRequestsPerSecond: 50, waitLimitMs, clock };
  return Array.from({ length: count }, () => createSharedAdmission(options));
}

function setUp(count = 2) {
  const clock = createManualClock();
  const memory = createMemorySharedLimiter({ clock });
  const claims: string[] = [];
  const limiter: SharedLimiter = {
    async claim(key, claim) {
      claims.push(key.replace(/^[\w-]+\./, ""));
      await clock.sleep(3);
      return memory.claim(key, claim);
    },
  };
  return { clock, memory, claims, clients: createClients(count, clock, limiter) as [Admission, Admission] };
}

/** A server with Discord's fixed windows, a slow network, and a store that answers late. */
async function storm(seed: number, processes: number, maximumDelayMs: number) {
  const clock = createManualClock();
  const random = createSeededRandom(seed);
  const memory = createMemorySharedLimiter({ clock });
  const limiter: SharedLimiter = {
    async claim(key, claim) {
      await clock.sleep(random.next() * 5);
      const verdict = await memory.claim(key, claim);
      await clock.sleep(random.next() * 5);
      return verdict;
    },
  };
  const clients = createClients(processes, clock, limiter);
  const windows = new Map<string, { used: number; endsAtMs: number }>();
  let refused = 0;
  let lastMs = 0;
  const count = (key: string, limit: number, windowMs: number) => {
    const nowMs = clock.monotonicMs();
    let window = windows.get(key);
    if (window === undefined || window.endsAtMs <= nowMs)
      windows.set(key, (window = { used: 0, endsAtMs: nowMs + windowMs }));
    window.used++;
    if (window.used > limit) refused++;
    lastMs = nowMs;
    return headers(Math.max(0, limit - window.used), window.endsAtMs - nowMs);
  };
  const request = async (client: Admission, channel: string) => {
    const ticket = await client.admit(routeOf(channel), undefined);
    await clock.sleep(random.next() * maximumDelayMs);
    count("global", 50, 1_000);
    const answer = count(channel, 5, 2_000);
    await clock.sleep(random.next() * maximumDelayMs);
    ticket.settle({ headers: answer, succeeded: true });
  };
  const all = Promise.all(
    Array.from({ length: 600 }, (_, index) => request(clients[index % processes] as Admission, String(index % 60))),
  );
  await clock.advance(60_000);
  await all;
  for (const client of clients) client.close(new Error("end"));
  return { refused, lastMs };
}

describe("a storm of 600 requests over 60 channels from several processes", () => {
  it.each([
    [1, 1, 15],
    [2, 2, 15],
    [3, 4, 15],
    [4, 2, 250],
    [5, 4, 250],
    [6, 4, 1_000],
  ])("is never refused (seed %i, %i processes, up to %i ms each way)", async (seed, processes, maximumDelayMs) => {
    const { refused, lastMs } = await storm(seed, processes, maximumDelayMs);
    expect(refused).toBe(0);
    if (maximumDelayMs === 15) expect(lastMs).toBeLessThan(12_100);
  });
});

describe("createSharedAdmission", () => {
  /** Lets a client learn the bucket of a route. */
  const learn = async (clock: ManualClock, client: Admission, route = routeOf("1")) => {
    const ticket = client.admit(route, undefined);
    await clock.advance(100);
    (await ticket).settle({ headers: headers(4), succeeded: true });
    await clock.advance(3_000);
  };

  it("asks once round for a request that nothing holds back", async () => {
    const { clock, claims, clients } = setUp();
    await learn(clock, clients[0]);
    claims.length = 0;
    let ticket: Ticket | undefined;
    void clients[0].admit(routeOf("1"), undefined).then((value) => (ticket = value));
    await clock.advance(3);
    expect(ticket).toBeDefined();
    expect(claims.toSorted()).toEqual(["bucket.abc.1", "global"]);
  });

  it("lets the others know a route's bucket, and who has how many of its places", async () => {
    const { clock, clients } = setUp();
    await learn(clock, clients[0]);
    const granted: Ticket[] = [];
    const ask = (client: Admission) =>
      void client.admit(routeOf("1"), undefined).then((ticket) => granted.push(ticket));
    for (let index = 0; index < 4; index++) ask(clients[0]);
    await clock.advance(100);
    expect(granted).toHaveLength(4);
    for (let index = 0; index < 4; index++) ask(clients[1]);
    await clock.advance(1_000);
    expect(granted).toHaveLength(5);
    for (const ticket of granted.splice(0)) ticket.settle({ headers: headers(0, 500), succeeded: true });
    await clock.advance(450);
    expect(granted).toHaveLength(0);
    await clock.advance(100);
    expect(granted).toHaveLength(3);
  });

  it("asks nothing for a route without a limit but its place among all", async () => {
    const { clock, claims, clients } = setUp();
    const free = routeOf("", "GET /gateway");
    const ticket = clients[0].admit(free, undefined);
    await clock.advance(10);
    (await ticket).settle({ succeeded: true });
    await clock.advance(10);
    claims.length = 0;
    for (let index = 0; index < 3; index++) {
      const next = clients[1].admit(free, undefined);
      await clock.advance(1_000);
      (await next).settle({ succeeded: true });
    }
    expect(claims.filter((key) => key.startsWith("route"))).toHaveLength(1);
    // What turns out to be limited after all is shared again.
    const limited = clients[1].admit(free, undefined);
    await clock.advance(10);
    (await limited).settle({ headers: headers(0, 5_000), succeeded: true });
    let isOut = false;
    void clients[1].admit(free, undefined).then(() => (isOut = true));
    await clock.advance(4_900);
    expect(isOut).toBe(false);
    await clock.advance(200);
    expect(isOut).toBe(true);
  });

  it("keeps routes with a token of their own out of it", async () => {
    const { clock, claims, clients } = setUp();
    const ticket = await clients[0].admit(
      routeOf("1/token", "POST /interactions/:id/:token/callback", true),
      undefined,
    );
    ticket.settle({ succeeded: true });
    await clock.advance(1_000);
    expect(claims).toEqual([]);
  });

  it("tells the others of a block", async () => {
    const { clock, clients } = setUp();
    await learn(clock, clients[0]);
    clients[0].block(7_000);
    await clock.advance(10);
    let isOut = false;
    void clients[1].admit(routeOf("2"), undefined).then(() => (isOut = true));
    await clock.advance(6_900);
    expect(isOut).toBe(false);
    expect(clients[0].blockedMs).toBeGreaterThan(0);
    await clock.advance(200);
    expect(isOut).toBe(true);
  });

  it("rejects what would have to wait for longer than it may", async () => {
    const { clock, clients } = setUp();
    await learn(clock, clients[0]);
    const ticket = clients[0].admit(routeOf("1"), undefined);
    await clock.advance(10);
    (await ticket).settle({ headers: headers(0), succeeded: false, blockMs: 600_000 });
    await clock.advance(10);
    const late = clients[1].admit(routeOf("1"), undefined);
    await Promise.all([
      clock.advance(1_000),
      expect(late).rejects.toMatchObject({ waitMs: expect.closeTo(600_000, -4) as number }),
    ]);
    // The next one need not even ask.
    expect(clients[1].waitMs(routeOf("1"))).toBeGreaterThan(590_000);
  });

  it("ends the wait for the first answer of a bucket, here and in another process", async () => {
    const { clock, memory } = setUp();
    const [one, other] = createClients(2, clock, memory, 1_000) as [Admission, Admission];
    const first = one.admit(routeOf("1"), undefined);
    await clock.advance(10);
    const outcomes = [one, one, other, other].map((client) =>
      client.admit(routeOf("1"), undefined).catch((error: unknown) => error),
    );
    await clock.advance(990);
    expect(one.waitingForBucket + other.waitingForBucket).toBeGreaterThan(0);
    await clock.advance(20);
    for (const outcome of await Promise.all(outcomes)) {
      expect(outcome).toBeInstanceOf(WaitTooLong);
      expect(outcome).toMatchObject({ waitMs: undefined });
    }
    (await first).settle({ headers: headers(0, 500), succeeded: true });
    // Now it is known, and near enough.
    const late = other.admit(routeOf("1"), undefined);
    await clock.advance(900);
    expect(await late).toBeDefined();
  });

  it("goes on where a process ended that held places", async () => {
    const { clock, memory, clients } = setUp();
    let isGone = false;
    const mortal: SharedLimiter = {
      claim: (key, claim) => (isGone ? new Promise(() => {}) : memory.claim(key, claim)),
    };
    const [dying] = createClients(1, clock, mortal) as [Admission];
    await learn(clock, dying);
    for (let index = 0; index < 5; index++) void dying.admit(routeOf("1"), undefined);
    await clock.advance(50);
    // It ends without a word: its claims are never renewed.
    isGone = true;
    let isOut = false;
    void clients[1].admit(routeOf("1"), undefined).then(() => (isOut = true));
    await clock.advance(10_000);
    expect(isOut).toBe(false);
    await clock.advance(6_000);
    expect(isOut).toBe(true);
  });

  it("says that the limits cannot be kept when the store is away, and goes on when it is back", async () => {
    const clock = createManualClock();
    const memory = createMemorySharedLimiter({ clock });
    let isAway = false;
    const limiter: SharedLimiter = {
      claim: (key, claim) => (isAway ? Promise.reject(new Error("no route to host")) : memory.claim(key, claim)),
    };
    const [client] = createClients(1, clock, limiter) as [Admission];
    await learn(clock, client);
    const before = await client.admit(routeOf("1"), undefined);
    isAway = true;
    before.settle({ headers: headers(4, 60_000), succeeded: true });
    await expect(client.admit(routeOf("1"), undefined)).rejects.toMatchObject({
      code: "REST_LIMITER_FAILED",
      retryable: true,
      message: expect.stringContaining("no route to host") as string,
    });
    isAway = false;
    await clock.advance(2_000);
    // The place that could not be told of is taken all the same.
    const granted: Ticket[] = [];
    for (let index = 0; index < 5; index++)
      void client.admit(routeOf("1"), undefined).then((ticket) => granted.push(ticket));
    await clock.advance(1_000);
    expect(granted).toHaveLength(4);
  });

  it("forgets what was aborted and rejects what waits when it closes", async () => {
    const { clock, clients } = setUp();
    const first = clients[0].admit(routeOf("1"), undefined);
    const abort = new AbortController();
    const aborted = clients[0].admit(routeOf("1"), abort.signal);
    const waiting = clients[0].admit(routeOf("1"), undefined);
    await clock.advance(10);
    abort.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    expect(clients[0].waitingForBucket).toBe(1);
    clients[0].close(new Error("closed"));
    await expect(waiting).rejects.toThrow("closed");
    (await first).settle({ headers: headers(4), succeeded: true });
    await clock.advance(10);
    await clients[0].flush();
    // What the closed client sent is known.
    const granted: Ticket[] = [];
    for (let index = 0; index < 5; index++)
      void clients[1].admit(routeOf("1"), undefined).then((ticket) => granted.push(ticket));
    await clock.advance(500);
    expect(granted).toHaveLength(4);
  });
});

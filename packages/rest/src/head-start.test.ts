import { createManualClock, createSeededRandom } from "@antiphon/std";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHeadStart } from "./head-start.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import type { Route } from "./route.ts";

const RUNS = process.env["ANTIPHON_FUZZ_RUNS"];
const LIMIT = 5;
const WINDOW_MS = 2_000;
const route: Route = {
  key: "POST /channels/:id/messages",
  major: "1",
  hasToken: false,
  routeClass: "messages",
  redactedPath: "/channels/1/messages",
};

describe("createHeadStart", () => {
  it("is half of the shortest round trip, less what they differ by, once four are known", () => {
    const headStart = createHeadStart();
    for (const roundTripMs of [100, 104, 102]) headStart.note(roundTripMs);
    expect(headStart.ms).toBe(0);
    headStart.note(101);
    expect(headStart.ms).toBe(46);
    headStart.note(160);
    expect(headStart.ms).toBe(0);
  });

  it("forgets what is long ago, and is given up for good", () => {
    const headStart = createHeadStart();
    headStart.note(500);
    for (let index = 0; index < 8; index++) headStart.note(100);
    expect(headStart.ms).toBe(50);
    headStart.giveUp();
    for (let index = 0; index < 8; index++) headStart.note(100);
    expect(headStart.ms).toBe(0);
  });
});

/** Sends 40 requests to one bucket of a server with fixed windows, with ways that take their time to and fro. */
async function runWindows(wayMs: number, jitterMs: number, seed: number) {
  const clock = createManualClock();
  const random = createSeededRandom(seed);
  const limiter = createRateLimiter(clock, 60_000);
  const way = () => wayMs + random.next() * jitterMs;
  let used = 0;
  let endsAtMs = 0;
  let refused = 0;
  let endedMs = 0;

  const judge = () => {
    const nowMs = clock.monotonicMs();
    if (nowMs >= endsAtMs) {
      used = 0;
      endsAtMs = nowMs + WINDOW_MS;
    }
    used++;
    if (used > LIMIT) refused++;
    const resetAfterMs = Math.round(endsAtMs - nowMs);
    const headers = { hash: "abc", limit: LIMIT, remaining: Math.max(0, LIMIT - used), resetAfterMs };
    return { headers, succeeded: used <= LIMIT, blockMs: used > LIMIT ? resetAfterMs : undefined };
  };
  const send = async () => {
    const permit = await limiter.acquire(route, undefined);
    const thereMs = way();
    const backMs = way();
    await clock.sleep(thereMs);
    const outcome = judge();
    await clock.sleep(backMs);
    permit.settle({ ...outcome, roundTripMs: thereMs + backMs });
    endedMs = clock.monotonicMs();
  };
  const sends = Promise.all(Array.from({ length: 40 }, send));
  await clock.advance(60_000);
  await sends;
  limiter.close(new Error("over"));
  return { refused, endedMs };
}

describe("a bucket with a head start", () => {
  it("loses less than a round trip with each window", async () => {
    const { refused, endedMs } = await runWindows(50, 0, 1);
    expect(refused).toBe(0);
    // Eight windows; the way there and back, and a margin of 5 ms for each but the first.
    expect(endedMs).toBeLessThanOrEqual(7 * (WINDOW_MS + 60) + 200);
  });

  it(
    "is never early, however long the ways are, as long as they do not change by more than they are long",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 300 }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.nat(),
          async (wayMs, share, seed) => {
            expect((await runWindows(wayMs, wayMs * share, seed)).refused).toBe(0);
          },
        ),
        RUNS === undefined ? { numRuns: 40, seed: 7 } : { numRuns: Number(RUNS) },
      );
    },
    60_000 + Number(RUNS ?? 0) * 400,
  );

  it.each([1, 2, 3, 4, 5])("is not early with ways of 20 to 250 ms (seed %i)", async (seed) => {
    expect((await runWindows(20, 230, seed)).refused).toBe(0);
  });
});

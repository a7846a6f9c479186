import { createManualClock, createSeededRandom } from "@antiphon/std";
import { expect, test } from "vitest";
import { createChatThrottle } from "./chat-throttle.ts";

const setUp = (limit = 100) => {
  const clock = createManualClock();
  const random = createSeededRandom(1);
  return { clock, throttle: createChatThrottle({ minimumDelayMs: 1_000, jitterMs: 500, limit, clock, random }) };
};

test("the first goes at once, the others one after another with a pause", async () => {
  const { clock, throttle } = setUp();
  const atMs: number[] = [];
  const all = [1, 2, 3].map(async () => {
    await throttle.turn();
    atMs.push(clock.monotonicMs());
  });
  await clock.advance(5_000);
  await Promise.all(all);
  expect(atMs[0]).toBe(0);
  for (const index of [1, 2]) {
    const gapMs = (atMs[index] ?? 0) - (atMs[index - 1] ?? 0);
    expect(gapMs).toBeGreaterThanOrEqual(1_000);
    expect(gapMs).toBeLessThanOrEqual(1_500);
  }
});

test("one that gives up does not use its turn, and too many are refused", async () => {
  const { clock, throttle } = setUp(2);
  await throttle.turn();
  const abort = new AbortController();
  const second = throttle.turn(abort.signal);
  const third = throttle.turn();
  await expect(throttle.turn()).rejects.toMatchObject({ code: "BRIDGE_OUTBOX_FULL" });
  abort.abort();
  await expect(second).rejects.toMatchObject({ name: "AbortError" });
  await clock.advance(1_500);
  await third;
  expect(clock.monotonicMs()).toBe(1_500);
});

test("who stops waiting goes at once, and takes nobody's turn", async () => {
  const clock = createManualClock();
  const throttle = createChatThrottle({ minimumDelayMs: 1_000, jitterMs: 0, clock, random: createSeededRandom(1) });
  const abort = new AbortController();
  await throttle.turn();
  const second = throttle.turn();
  const third = throttle.turn(abort.signal);
  const fourth = throttle.turn();
  abort.abort();
  await expect(third).rejects.toMatchObject({ name: "AbortError" });
  await clock.advance(2_000);
  await Promise.all([second, fourth]);
  expect(clock.monotonicMs()).toBe(2_000);
});

import { afterEach, expect, test, vi } from "vitest";
import { createManualClock, systemClock } from "./clock.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("a manual clock stands still until it is moved", async () => {
  const clock = createManualClock();
  expect(clock.now()).toBe(Date.UTC(2026, 0, 1));
  expect(clock.monotonicMs()).toBe(0);
  await clock.advance(1_500);
  expect(clock.now()).toBe(Date.UTC(2026, 0, 1) + 1_500);
  expect(clock.monotonicMs()).toBe(1_500);
  expect(createManualClock({ startMs: 5 }).now()).toBe(5);
});

test("advance fires due timers by time, then by the order in which they were set", async () => {
  const clock = createManualClock();
  const fired: string[] = [];
  clock.setTimer(20, () => fired.push("c"));
  clock.setTimer(10, () => fired.push(`a at ${clock.monotonicMs()}`));
  clock.setTimer(10, () => fired.push("b"));
  clock.setTimer(21, () => fired.push("never"));
  await clock.advance(20);
  expect(fired).toEqual(["a at 10", "b", "c"]);
  expect(clock.pendingTimers).toBe(1);
});

test("advance also fires timers that earlier ones set on the way", async () => {
  const clock = createManualClock();
  const ticks: number[] = [];
  const loop = async () => {
    for (let tick = 0; tick < 3; tick++) {
      await clock.sleep(10);
      ticks.push(clock.monotonicMs());
    }
  };
  const done = loop();
  await clock.advance(100);
  await done;
  expect(ticks).toEqual([10, 20, 30]);
});

test("overlapping advances never set the time back", async () => {
  const clock = createManualClock();
  await Promise.all([clock.advance(10), clock.advance(5)]);
  expect(clock.monotonicMs()).toBe(10);
  await expect(clock.advance(-1)).rejects.toThrow("not -1");
});

test("a cancelled timer does not fire", async () => {
  const clock = createManualClock();
  const fired: string[] = [];
  clock.setTimer(1, () => fired.push("cancelled")).cancel();
  {
    using _timer = clock.setTimer(1, () => fired.push("disposed"));
  }
  await clock.advance(5);
  expect(fired).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});

test("sleep rejects with the signal's reason and leaves no timer", async () => {
  const clock = createManualClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(1_000, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
  await expect(clock.sleep(1, { signal: controller.signal })).rejects.toThrow("enough");
  expect(clock.pendingTimers).toBe(0);
});

test("the system clock reads this process's time, sleeps, and can be cancelled", async () => {
  expect(systemClock.now()).toBeGreaterThan(Date.UTC(2024, 0, 1));
  const before = systemClock.monotonicMs();
  await systemClock.sleep(1);
  expect(systemClock.monotonicMs()).toBeGreaterThan(before);
  let fired = false;
  systemClock.setTimer(0, () => (fired = true)).cancel();
  await systemClock.sleep(2);
  expect(fired).toBe(false);
});

test("the system clock waits longer than setTimeout can", async () => {
  vi.useFakeTimers();
  let fired = false;
  const thirtyDaysMs = 30 * 24 * 3_600_000;
  systemClock.setTimer(thirtyDaysMs, () => (fired = true), { keepAlive: false });
  await vi.advanceTimersByTimeAsync(thirtyDaysMs - 1);
  expect(fired).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(fired).toBe(true);
});

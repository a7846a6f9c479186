import { createManualClock, createSeededRandom } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import { createBackpressureController } from "./backpressure-controller.ts";
import { compose } from "./compose.ts";
import { hedge } from "./hedge.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { retry } from "./retry.ts";
import { timeout } from "./timeout.ts";

const never = () => new Promise<never>(() => {});
const settle = async () => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

describe("timeout", () => {
  test("ends a call that takes too long, and aborts it with the same error", async () => {
    const clock = createManualClock();
    const policy = timeout({ durationMs: 1000, clock });
    let reason: unknown;
    const call = policy.execute(({ signal }) => {
      signal.addEventListener("abort", () => (reason = signal.reason));
      return never();
    });
    const failed = expect(call).rejects.toMatchObject({ code: "RESILIENCE_TIMEOUT", retryable: true });
    await clock.advance(1000);
    await failed;
    expect(reason).toMatchObject({ code: "RESILIENCE_TIMEOUT" });
    expect(await policy.execute(async () => 1)).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test("inside a retry limits each attempt", async () => {
    const clock = createManualClock();
    let attempts = 0;
    const policy = compose(
      retry({ maxAttempts: 3, baseDelayMs: 10, jitter: 0, clock, random: createSeededRandom(1) }),
      timeout({ durationMs: 100, clock }),
    );
    const call = policy.execute(async () => (++attempts < 3 ? never() : "third"));
    await clock.advance(1000);
    expect(await call).toBe("third");
  });
});

describe("a backpressure controller", () => {
  test("runs so many, queues so many, and drops the rest", async () => {
    const controller = createBackpressureController({ maxActive: 2, maxQueued: 2 });
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<number>());
    const calls = gates.map(({ promise }) => controller.execute(() => promise));
    await settle();
    expect(controller.stats()).toEqual({ active: 2, queued: 2, dropped: 0, completed: 0 });
    await expect(controller.execute(async () => 0)).rejects.toMatchObject({ code: "RESILIENCE_OVERLOADED" });
    gates[1]?.reject(new Error("down"));
    await expect(calls[1]).rejects.toThrow("down");
    expect(controller.stats()).toEqual({ active: 2, queued: 1, dropped: 1, completed: 1 });
    for (const [index, gate] of gates.entries()) gate.resolve(index);
    expect(await Promise.all([calls[0], calls[2], calls[3]])).toEqual([0, 2, 3]);
    expect(controller.stats()).toEqual({ active: 0, queued: 0, dropped: 1, completed: 4 });
  });

  test("a full line may drop its oldest instead; one that gives up leaves it", async () => {
    const controller = createBackpressureController({ maxActive: 1, maxQueued: 2, overflow: "oldest" });
    const gate = Promise.withResolvers<void>();
    const running = controller.execute(() => gate.promise);
    const gaveUp = new AbortController();
    const oldest = controller.execute(async () => "oldest");
    const leaving = controller.execute(async () => "leaving", { signal: gaveUp.signal });
    const newest = controller.execute(async () => "newest");
    await expect(oldest).rejects.toMatchObject({ code: "RESILIENCE_OVERLOADED" });
    gaveUp.abort(new Error("left"));
    await expect(leaving).rejects.toThrow("left");
    expect(controller.stats()).toMatchObject({ active: 1, queued: 1, dropped: 1 });
    gate.resolve();
    await running;
    expect(await newest).toBe("newest");
  });

  test("close refuses those that wait and waits for those that run", async () => {
    const controller = createBackpressureController({ maxActive: 1 });
    const gate = Promise.withResolvers<void>();
    const running = controller.execute(() => gate.promise);
    const waiting = controller.execute(async () => "waiting");
    let isClosed = false;
    const closing = controller.close().then(() => (isClosed = true));
    await expect(waiting).rejects.toMatchObject({ code: "RESILIENCE_CLOSED" });
    await expect(controller.execute(async () => 1)).rejects.toMatchObject({ code: "RESILIENCE_CLOSED" });
    expect(isClosed).toBe(false);
    gate.resolve();
    await Promise.all([running, closing, controller.close()]);
  });

  test.each([1, 2, 3])("never runs more than it may, and every call ends (seed %i)", async (seed) => {
    const random = createSeededRandom(seed);
    const clock = createManualClock();
    const controller = createBackpressureController({ maxActive: 5, maxQueued: 10, overflow: "oldest" });
    let running = 0;
    const calls = [];
    for (let step = 0; step < 1000; step++) {
      const controllerOfCall = new AbortController();
      const call = controller.execute(
        async ({ signal }) => {
          expect(++running).toBeLessThanOrEqual(5);
          await clock.sleep(random.integer(0, 20), { signal }).finally(() => running--);
          if (random.next() < 0.2) throw new Error("down");
        },
        { signal: controllerOfCall.signal },
      );
      calls.push(call);
      call.catch(() => {});
      if (random.next() < 0.1) controllerOfCall.abort(new Error("left"));
      if (random.next() < 0.5) await clock.advance(random.integer(0, 10));
    }
    await clock.advance(1000);
    await Promise.allSettled(calls);
    expect(controller.stats()).toMatchObject({ active: 0, queued: 0 });
    expect([running, clock.pendingTimers]).toEqual([0, 0]);
  });
});

describe("a rate limiter", () => {
  test("a token bucket allows a burst and then a steady rate", async () => {
    const clock = createManualClock();
    const limiter = createRateLimiter({ capacity: 3, refillPerSecond: 2, clock });
    expect([1, 2, 3, 4].map(() => limiter.tryAcquire())).toEqual([true, true, true, false]);
    await expect(limiter.execute(async () => 1)).rejects.toMatchObject({
      code: "RESILIENCE_RATE_LIMITED",
      details: { retryAfterMs: 500 },
    });
    await clock.advance(500);
    expect([1, 2].map(() => limiter.tryAcquire())).toEqual([true, false]);
    await clock.advance(60_000);
    expect([1, 2, 3, 4].map(() => limiter.tryAcquire())).toEqual([true, true, true, false]);
    expect(limiter.stats()).toEqual({ admitted: 7, queued: 0, rejected: 1 });
  });

  test.each([1, 2, 3])("a sliding window never allows more in any window (seed %i)", async (seed) => {
    const random = createSeededRandom(seed);
    const clock = createManualClock();
    const limiter = createRateLimiter({ limit: 5, windowMs: 1000, clock });
    const times: number[] = [];
    for (let step = 0; step < 1000; step++) {
      if (limiter.tryAcquire()) times.push(clock.monotonicMs());
      await clock.advance(random.integer(0, 150));
    }
    for (const [index, time] of times.entries())
      expect(times.slice(index).filter((other) => other < time + 1000).length).toBeLessThanOrEqual(5);
    expect(times.length).toBeGreaterThan(300);
  });

  test("calls wait in order, those that give up leave, and no timer is left", async () => {
    const clock = createManualClock();
    const limiter = createRateLimiter({ limit: 1, windowMs: 100, maxQueued: 3, clock });
    const done: string[] = [];
    const gaveUp = new AbortController();
    const run = (name: string, signal?: AbortSignal) => limiter.execute(async () => done.push(name), { signal });
    const calls = [run("a"), run("b"), run("c", gaveUp.signal), run("d")];
    await expect(run("e")).rejects.toMatchObject({ code: "RESILIENCE_RATE_LIMITED" });
    gaveUp.abort(new Error("left"));
    await expect(calls[2]).rejects.toThrow("left");
    await clock.advance(100);
    expect(done).toEqual(["a", "b"]);
    await clock.advance(100);
    expect(done).toEqual(["a", "b", "d"]);
    expect(clock.pendingTimers).toBe(0);
    const last = run("f");
    const closed = expect(last).rejects.toMatchObject({ code: "RESILIENCE_CLOSED" });
    await settle();
    await limiter.close();
    await closed;
    await expect(run("g")).rejects.toMatchObject({ code: "RESILIENCE_CLOSED" });
    expect([limiter.tryAcquire(), clock.pendingTimers]).toEqual([false, 0]);
  });

  test("a retry around it waits for as long as it says", async () => {
    const clock = createManualClock();
    const limiter = createRateLimiter({ capacity: 1, refillPerSecond: 0.1, clock });
    limiter.tryAcquire();
    const call = compose(retry({ clock, random: createSeededRandom(1), maxDelayMs: 1 }), limiter).execute(
      async () => 1,
    );
    await clock.advance(10_000);
    expect(await call).toBe(1);
    for (const options of [
      { capacity: 0, refillPerSecond: 1 },
      { capacity: 1, refillPerSecond: 0 },
      { limit: 0, windowMs: 1 },
    ])
      expect(() => createRateLimiter(options)).toThrow(expect.objectContaining({ code: "RESILIENCE_OPTIONS_INVALID" }));
  });
});

describe("hedge", () => {
  test("starts another attempt when the first is slow, and aborts the loser", async () => {
    const clock = createManualClock();
    const signals: AbortSignal[] = [];
    const call = hedge({ delayMs: 100, clock }).execute(async ({ signal }) => {
      signals.push(signal);
      return signals.length === 1 ? never() : "second";
    });
    await clock.advance(99);
    expect(signals.length).toBe(1);
    await clock.advance(1);
    expect(await call).toBe("second");
    expect(signals[0]?.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  test("starts the next at once after a failure, and fails with the last", async () => {
    const clock = createManualClock();
    let attempts = 0;
    const call = hedge({ delayMs: 100, maxAttempts: 3, clock }).execute(() =>
      Promise.reject(new Error(`${++attempts}`)),
    );
    await expect(call).rejects.toThrow("3");
    expect(clock.pendingTimers).toBe(0);
    expect(await hedge({ delayMs: 100, clock }).execute(async () => "fast")).toBe("fast");
    expect(clock.pendingTimers).toBe(0);
  });

  test("ends with its caller", async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const call = hedge({ delayMs: 100, clock }).execute(never, { signal: controller.signal });
    controller.abort(new Error("left"));
    await expect(call).rejects.toThrow("left");
    expect(clock.pendingTimers).toBe(0);
  });
});

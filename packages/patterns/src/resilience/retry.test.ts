import { AntiphonError, createManualClock, createSeededRandom } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import { retry, type RetryAttempt, type RetryOptions } from "./retry.ts";

/** The delays of a call that always fails. */
async function delaysOf(options: RetryOptions, error: unknown = new Error("down")): Promise<number[]> {
  const clock = createManualClock();
  const attempts: RetryAttempt[] = [];
  const policy = retry({
    clock,
    random: createSeededRandom(1),
    onRetry: (attempt) => attempts.push(attempt),
    ...options,
  });
  const call = policy.execute(() => Promise.reject(error));
  const failed = expect(call).rejects.toBe(error);
  await clock.advance(1_000_000);
  await failed;
  expect(clock.pendingTimers).toBe(0);
  return attempts.map(({ delayMs }) => delayMs);
}

describe("retry", () => {
  test.each([
    ["fixed", [100, 100, 100, 100]],
    ["linear", [100, 200, 300, 350]],
    ["exponential", [100, 200, 350, 350]],
  ] as const)("%s delays, up to the longest", async (backoffStrategy, delays) => {
    const options = { backoffStrategy, baseDelayMs: 100, maxDelayMs: 350, maxAttempts: 5, jitter: 0 };
    expect(await delaysOf(options)).toEqual(delays);
  });

  test("full jitter spreads delays from 0 to the cap; a cap beyond all numbers stays one", async () => {
    const delays = await delaysOf({ backoffStrategy: "fixed", baseDelayMs: 100, maxAttempts: 400 });
    expect(Math.min(...delays)).toBeLessThan(5);
    expect(Math.max(...delays)).toBeGreaterThan(95);
    const long = await delaysOf({ baseDelayMs: 1, maxDelayMs: 10, maxAttempts: 1200, jitter: 0 });
    expect(long.at(-1)).toBe(10);
  });

  test("never undercuts what the failure asks for", async () => {
    const error = new AntiphonError("X_LIMITED", "slow down", { retryable: true, details: { retryAfterMs: 60_000 } });
    expect(await delaysOf({ baseDelayMs: 10, maxDelayMs: 100 }, error)).toEqual([60_000, 60_000]);
    expect(await delaysOf({ maxAttempts: 2, jitter: 0, retryAfterMs: () => 5000 })).toEqual([5000]);
  });

  test("gives up at once on what no attempt can help", async () => {
    expect(await delaysOf({}, new AntiphonError("X_WRONG", "wrong", { retryable: false }))).toEqual([]);
    expect(await delaysOf({ isRetryable: () => false })).toEqual([]);
    expect(await delaysOf({ maxAttempts: 1 })).toEqual([]);
  });

  test("gives the result of the attempt that succeeds", async () => {
    const clock = createManualClock();
    let attempts = 0;
    const call = retry({ clock, random: createSeededRandom(1) }).execute(async () => {
      if (++attempts < 3) throw new Error("not yet");
      return attempts;
    });
    await clock.advance(10_000);
    expect(await call).toBe(3);
  });

  test("a caller that gives up during a delay or an attempt gets its own reason", async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    let attempts = 0;
    const policy = retry({ clock, random: createSeededRandom(1) });
    const call = policy.execute(
      async () => {
        attempts++;
        throw new Error("down");
      },
      { signal: controller.signal },
    );
    await clock.advance(0);
    controller.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    expect([attempts, clock.pendingTimers]).toEqual([1, 0]);
  });

  test("refuses options that make no sense", () => {
    for (const options of [{ maxAttempts: 0 }, { baseDelayMs: -1 }, { maxDelayMs: Number.NaN }])
      expect(() => retry(options)).toThrow(expect.objectContaining({ code: "RESILIENCE_OPTIONS_INVALID" }));
  });
});

import { createManualClock, createSeededRandom } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import { createCircuitBreaker, type CircuitBreakerOptions } from "./circuit-breaker.ts";

function start(options: CircuitBreakerOptions = {}) {
  const clock = createManualClock();
  const breaker = createCircuitBreaker({
    name: "speech",
    failureThreshold: 3,
    recoveryTimeoutMs: 1000,
    clock,
    ...options,
  });
  const changes: string[] = [];
  breaker.on("stateChange", ({ from, to }) => changes.push(`${from} → ${to}`));
  const fail = () => expect(breaker.execute(() => Promise.reject(new Error("down")))).rejects.toThrow("down");
  const succeed = () => breaker.execute(async () => "up");
  return { clock, breaker, changes, fail, succeed };
}

describe("a circuit breaker", () => {
  test("opens after failures in a row, refuses, and closes after a trial that succeeds", async () => {
    const { clock, breaker, changes, fail, succeed } = start();
    await fail();
    await fail();
    await succeed();
    for (let call = 0; call < 3; call++) await fail();
    expect(breaker.state).toBe("open");
    await clock.advance(400);
    await expect(succeed()).rejects.toMatchObject({
      code: "RESILIENCE_CIRCUIT_OPEN",
      retryable: true,
      details: { name: "speech", retryAfterMs: 600 },
    });
    await clock.advance(600);
    expect(breaker.state).toBe("halfOpen");
    expect(await succeed()).toBe("up");
    expect(breaker.state).toBe("closed");
    expect(changes).toEqual(["closed → open", "open → halfOpen", "halfOpen → closed"]);
    expect(breaker.stats()).toMatchObject({ calls: 7, successes: 2, totalFailures: 5, rejected: 1, opened: 1 });
  });

  test("names the failure that it refuses for, until it closes again", async () => {
    const { clock, breaker, succeed } = start({ failureThreshold: 2, expectedResponseMs: 100 });
    const failWith = (thrown: Error) => expect(breaker.execute(() => Promise.reject(thrown))).rejects.toBe(thrown);
    const [first, last] = [new Error("503"), new Error("502")];
    await failWith(first);
    await failWith(last);
    await expect(succeed()).rejects.toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN", cause: last });
    await clock.advance(1_000);
    await succeed();
    // Two that were slow have opened it now: nothing has been thrown.
    for (let call = 0; call < 2; call++) await breaker.execute(async () => clock.advance(200));
    const refusal: unknown = await succeed().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN" });
    expect(refusal).not.toHaveProperty("cause");
  });

  test("opens again after a trial that fails; only so many trials run at once", async () => {
    const { clock, breaker, fail, succeed } = start({ trialCalls: 2 });
    for (let call = 0; call < 3; call++) await fail();
    await clock.advance(1000);
    await fail();
    expect(breaker.stats()).toMatchObject({ state: "open", opened: 2, recoversInMs: 1000 });
    await clock.advance(1000);
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const trials = gates.map(({ promise }) => breaker.execute(() => promise));
    await expect(succeed()).rejects.toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN" });
    gates[0]?.resolve();
    await trials[0];
    expect(breaker.state).toBe("halfOpen");
    gates[1]?.resolve();
    await trials[1];
    expect(breaker.state).toBe("closed");
  });

  test("a slow success counts as a failure, an error that is none as a success, and giving up as nothing", async () => {
    const { clock, breaker, fail } = start({
      expectedResponseMs: 100,
      failureThreshold: 2,
      isFailure: (error) => !(error instanceof RangeError),
    });
    const slow = async () => {
      const call = breaker.execute(() => clock.sleep(101));
      await clock.advance(101);
      await call;
    };
    await slow();
    await expect(breaker.execute(() => Promise.reject(new RangeError("expected")))).rejects.toThrow("expected");
    const gaveUp = new AbortController();
    const call = breaker.execute(({ signal }) => clock.sleep(5000, { signal }), { signal: gaveUp.signal });
    gaveUp.abort(new Error("gave up"));
    await expect(call).rejects.toThrow("gave up");
    expect(breaker.snapshot()).toEqual({ state: "closed", failures: 0, openedAtMs: null });
    await slow();
    await fail();
    expect(breaker.stats()).toMatchObject({ state: "open", slowCalls: 2, failureThreshold: 2 });
  });

  test("a trial that its caller gave up leaves its place to the next", async () => {
    const { clock, breaker, fail, succeed } = start();
    for (let call = 0; call < 3; call++) await fail();
    await clock.advance(1000);
    const gaveUp = new AbortController();
    const trial = breaker.execute(({ signal }) => clock.sleep(5000, { signal }), { signal: gaveUp.signal });
    gaveUp.abort(new Error("gave up"));
    await expect(trial).rejects.toThrow("gave up");
    await succeed();
    expect(breaker.state).toBe("closed");
  });

  test("goes on from a snapshot, in plain data", async () => {
    const { clock, breaker, fail } = start();
    for (let call = 0; call < 3; call++) await fail();
    await clock.advance(300);
    const snapshot = JSON.parse(JSON.stringify(breaker.snapshot())) as ReturnType<typeof breaker.snapshot>;
    const next = createCircuitBreaker({ recoveryTimeoutMs: 1000, clock, snapshot });
    expect(next.stats()).toMatchObject({ state: "open", failures: 3, recoversInMs: 700 });
    await clock.advance(700);
    expect(next.state).toBe("halfOpen");
    // A clock that was set back must not keep it open for longer than one recovery time.
    const ahead = { ...snapshot, openedAtMs: clock.now() + 1_000_000 };
    expect(createCircuitBreaker({ recoveryTimeoutMs: 1000, clock, snapshot: ahead }).stats().recoversInMs).toBe(1000);
  });

  test("reset closes it; close refuses all later calls", async () => {
    const { breaker, fail, succeed } = start();
    for (let call = 0; call < 3; call++) await fail();
    breaker.reset();
    expect(await succeed()).toBe("up");
    await breaker.close();
    await breaker.close();
    await expect(succeed()).rejects.toMatchObject({ code: "RESILIENCE_CLOSED" });
    expect(() => createCircuitBreaker({ failureThreshold: 0 })).toThrow(
      expect.objectContaining({ code: "RESILIENCE_OPTIONS_INVALID" }),
    );
  });

  test.each([1, 2, 3, 4])("under concurrency nothing is lost, and old calls decide nothing (seed %i)", async (seed) => {
    const random = createSeededRandom(seed);
    const { clock, breaker } = start({ trialCalls: 2, failureThreshold: 4 });
    let isDown = false;
    let trialsAtOnce = 0;
    const outcomes = { done: 0, failed: 0, refused: 0 };
    const call = async () => {
      const isTrial = breaker.state === "halfOpen";
      try {
        await breaker.execute(async () => {
          if (isTrial) expect(++trialsAtOnce).toBeLessThanOrEqual(2);
          const isFailing = isDown;
          await clock.sleep(random.integer(0, 300)).finally(() => isTrial && trialsAtOnce--);
          if (isFailing) throw new RangeError("down");
        });
        outcomes.done++;
      } catch (error) {
        if (error instanceof RangeError) outcomes.failed++;
        else outcomes.refused++;
      }
    };
    const calls: Promise<void>[] = [];
    for (let step = 0; step < 2000; step++) {
      if (step % 400 === 0) isDown = !isDown;
      calls.push(call());
      if (random.next() < 0.3) await clock.advance(random.integer(1, 60));
    }
    await clock.advance(10_000);
    await Promise.all(calls);
    const stats = breaker.stats();
    expect(outcomes.done + outcomes.failed).toBe(stats.calls);
    expect(outcomes.refused).toBe(stats.rejected);
    expect(outcomes.refused).toBeGreaterThan(100);
    expect(clock.pendingTimers).toBe(0);
    // It recovers with the service.
    isDown = false;
    await clock.advance(1000);
    for (let trial = 0; trial < 2; trial++) await breaker.execute(async () => {});
    expect(breaker.state).toBe("closed");
  });
});

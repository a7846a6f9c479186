import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { createEventLanes } from "./event-lanes.ts";

function setUp(options: { readonly maximumConcurrent?: number; readonly pendingLimit?: number } = {}) {
  const clock = createManualClock();
  const failures: unknown[] = [];
  const lanes = createEventLanes({
    maximumConcurrent: 10,
    timeoutMs: 1_000,
    pendingLimit: 100,
    clock,
    onFailure: (error) => failures.push(error),
    ...options,
  });
  return { clock, failures, lanes };
}

test("a slow handler holds up only its own key", async () => {
  const { lanes } = setUp();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  lanes.push("slow", () => gate.promise.then(() => void log.push("slow 1")));
  lanes.push("slow", () => void log.push("slow 2"));
  lanes.push("fast", async () => void log.push("fast 1"));
  lanes.push("fast", async () => void log.push("fast 2"));
  await expect.poll(() => log).toEqual(["fast 1", "fast 2"]);
  gate.resolve();
  await lanes.idle();
  expect(log).toEqual(["fast 1", "fast 2", "slow 1", "slow 2"]);
});

test("no more run at once than allowed", async () => {
  const { lanes } = setUp({ maximumConcurrent: 2 });
  let running = 0;
  let most = 0;
  for (let key = 0; key < 20; key++) {
    lanes.push(`${key}`, async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
    });
  }
  await lanes.idle();
  expect(most).toBe(2);
});

test("a handler that takes too long is told by its signal, and its lane goes on", async () => {
  const { clock, failures, lanes } = setUp();
  let given: AbortSignal | undefined;
  const log: string[] = [];
  lanes.push("a", (signal) => {
    given = signal;
    return new Promise(() => {});
  });
  lanes.push("a", () => void log.push("next"));
  await clock.advance(999);
  expect(given?.aborted).toBe(false);
  await clock.advance(1);
  expect(given?.aborted).toBe(true);
  await lanes.idle();
  expect(log).toEqual(["next"]);
  expect(failures).toMatchObject([{ name: "TimeoutError" }]);
  expect(lanes.timeouts).toBe(1);
  expect(clock.pendingTimers).toBe(0);
});

test("a handler that fails stops neither its lane nor others", async () => {
  const { failures, lanes } = setUp();
  const log: string[] = [];
  lanes.push("a", () => Promise.reject(new Error("later")));
  lanes.push("a", () => {
    throw new Error("at once");
  });
  lanes.push("a", () => void log.push("done"));
  await lanes.idle();
  expect(log).toEqual(["done"]);
  expect(failures).toMatchObject([{ message: "later" }, { message: "at once" }]);
});

test("what is too much is dropped and counted", async () => {
  const { lanes } = setUp({ pendingLimit: 2 });
  const gate = Promise.withResolvers<void>();
  const log: number[] = [];
  lanes.push("a", () => gate.promise);
  const taken = [1, 2, 3].map((number) => lanes.push("a", () => void log.push(number)));
  expect(taken).toEqual([true, true, false]);
  expect(lanes).toMatchObject({ pending: 2, dropped: 1 });
  gate.resolve();
  await lanes.idle();
  expect(log).toEqual([1, 2]);
});

test("aborting drops what waits and tells what runs", async () => {
  const { failures, lanes } = setUp();
  const log: string[] = [];
  lanes.push("a", () => new Promise(() => {}));
  lanes.push("a", () => void log.push("never"));
  lanes.abort(new Error("bye"));
  await lanes.idle();
  expect(log).toEqual([]);
  expect(failures).toMatchObject([{ message: "bye" }]);
  expect(lanes.dropped).toBe(1);
});

test("a key that waited when all was aborted is served again afterwards", async () => {
  const { lanes } = setUp({ maximumConcurrent: 1 });
  const log: string[] = [];
  lanes.push("a", () => new Promise(() => {}));
  lanes.push("b", () => void log.push("never"));
  lanes.abort(new Error("bye"));
  await lanes.idle();
  lanes.push("b", () => void log.push("b"));
  lanes.push("a", () => void log.push("a"));
  await lanes.idle();
  expect(log).toEqual(["b", "a"]);
});

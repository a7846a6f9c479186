import { createManualClock } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { describeIdentifyGate } from "./identify-gate.contract.ts";
import { createIdentifyGate } from "./identify-gate.ts";

const limits = { maximumConcurrency: 1, total: 1_000, remaining: 1_000, resetAfterMs: 60_000 };

describeIdentifyGate("of one process", () => {
  const clock = createManualClock();
  const gate = createIdentifyGate({ ...limits, maximumConcurrency: 2, clock });
  return Promise.resolve({
    gates: [gate, gate],
    windowMs: 5_250,
    pass: (durationMs) => clock.advance(durationMs),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

describe("createIdentifyGate", () => {
  it("lets one shard per five seconds identify, in order", async () => {
    const clock = createManualClock();
    const gate = createIdentifyGate({ ...limits, clock });
    const granted: [number, number][] = [];
    for (const shardId of [0, 1, 2]) {
      void gate.acquire(shardId).then(() => granted.push([shardId, clock.monotonicMs()]));
    }
    await clock.advance(20_000);
    expect(granted.map(([shardId]) => shardId)).toEqual([0, 1, 2]);
    const [first = 0, second = 0, third = 0] = granted.map(([, atMs]) => atMs);
    expect(first).toBe(0);
    expect(second - first).toBeGreaterThan(5_000);
    expect(third - second).toBeGreaterThan(5_000);
  });

  it("waits for the reset when the day's budget is spent", async () => {
    const clock = createManualClock();
    const gate = createIdentifyGate({ ...limits, remaining: 1, clock });
    await gate.acquire(0);
    let granted = false;
    void gate.acquire(1).then(() => (granted = true));
    await clock.advance(59_000);
    expect(granted).toBe(false);
    await clock.advance(1_000);
    expect(granted).toBe(true);
  });
});

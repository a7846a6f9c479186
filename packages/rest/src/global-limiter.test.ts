import { createManualClock } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { createGlobalLimiter, type GlobalPermit } from "./global-limiter.ts";

function setUp(limit: number) {
  const clock = createManualClock();
  const limiter = createGlobalLimiter(limit, clock);
  const granted: GlobalPermit[] = [];
  const ask = (signal?: AbortSignal) => {
    const permit = limiter.acquire(signal);
    permit.then((value) => granted.push(value)).catch(() => {});
    return permit;
  };
  return { clock, limiter, granted, ask };
}

describe("createGlobalLimiter", () => {
  it("gives a place away a second after the answer", async () => {
    const { clock, limiter, granted, ask } = setUp(2);
    for (let index = 0; index < 4; index++) void ask();
    await clock.advance(500);
    expect(granted).toHaveLength(2);
    for (const permit of granted.splice(0)) permit.release();
    await clock.advance(999);
    expect(granted).toHaveLength(0);
    await clock.advance(10);
    expect(granted).toHaveLength(2);
    expect(limiter.waiting).toBe(0);
  });

  it("does not wait forever for answers that do not come", async () => {
    const { clock, granted, ask } = setUp(1);
    void ask();
    void ask();
    await clock.advance(2_000);
    expect(granted).toHaveLength(1);
    await clock.advance(2_000);
    expect(granted).toHaveLength(2);
    granted[0]?.release();
    granted[0]?.release();
    expect(clock.pendingTimers).toBe(0);
  });

  it("lets nothing out while it is blocked", async () => {
    const { clock, limiter, granted, ask } = setUp(5);
    limiter.block(3_000);
    for (let index = 0; index < 3; index++) void ask();
    await clock.advance(2_999);
    expect(granted).toHaveLength(0);
    expect(limiter.blockedMs).toBe(1);
    await clock.advance(1);
    expect(granted).toHaveLength(3);
  });

  it("keeps the order, and forgets what was aborted", async () => {
    const { clock, limiter, granted, ask } = setUp(1);
    void ask();
    await clock.advance(0);
    const abort = new AbortController();
    const aborted = ask(abort.signal);
    const waiting = ask();
    abort.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    granted.splice(0)[0]?.release();
    await clock.advance(1_010);
    await expect(waiting).resolves.toBeDefined();
    const last = ask();
    limiter.close(new Error("closed"));
    await expect(last).rejects.toThrow("closed");
    expect(clock.pendingTimers).toBe(0);
  });
});

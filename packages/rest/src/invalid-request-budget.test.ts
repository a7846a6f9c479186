import { createManualClock } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { createInvalidRequestBudget } from "./invalid-request-budget.ts";

const MINUTE_MS = 60_000;

describe("createInvalidRequestBudget", () => {
  it("counts what happened in the last ten minutes", async () => {
    const clock = createManualClock();
    const budget = createInvalidRequestBudget(100, clock);
    for (let minute = 0; minute < 30; minute++) {
      budget.spend();
      expect(budget.spent).toBeGreaterThanOrEqual(Math.min(10, minute + 1));
      expect(budget.spent).toBeLessThanOrEqual(11);
      await clock.advance(MINUTE_MS);
    }
    await clock.advance(60 * MINUTE_MS);
    expect(budget.spent).toBe(0);
  });

  it("says when there will be budget again", async () => {
    const clock = createManualClock();
    const budget = createInvalidRequestBudget(3, clock);
    budget.spend();
    await clock.advance(5 * MINUTE_MS);
    budget.spend();
    expect(budget.waitMs).toBe(0);
    budget.spend();
    const { waitMs } = budget;
    expect(waitMs).toBeGreaterThanOrEqual(5 * MINUTE_MS);
    expect(waitMs).toBeLessThanOrEqual(6 * MINUTE_MS);
    await clock.advance(waitMs - 1);
    expect(budget.waitMs).toBeGreaterThan(0);
    await clock.advance(1);
    expect(budget.waitMs).toBe(0);
  });
});

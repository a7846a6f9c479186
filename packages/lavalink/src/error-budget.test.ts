import { expect, test } from "vitest";
import { createErrorBudget } from "./error-budget.ts";

test("the error budget forgets failures that left the window", () => {
  const budget = createErrorBudget({ maximumFailures: 3, windowMs: 30_000 });
  expect([0, 10_000, 30_000, 39_999].map((atMs) => budget.spend(atMs))).toEqual([true, true, true, false]);
  budget.reset();
  expect(budget.spend(40_000)).toBe(true);
});

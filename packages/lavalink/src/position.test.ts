import { expect, test } from "vitest";
import { createPositionTracker } from "./position.ts";

test("a position runs only while it should", () => {
  const position = createPositionTracker();
  position.set(1000, 50);
  expect(position.at(500)).toBe(1000);
  position.setRunning(true, 500);
  expect(position.at(700)).toBe(1200);
  position.setRunning(true, 800);
  position.setRunning(false, 900);
  expect(position.at(5000)).toBe(1400);
});

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

test("under a timescale the track is ahead of what the node counts", () => {
  const position = createPositionTracker();
  position.setRunning(true, 0);
  position.report(1000, 1000);
  expect(position.at(1000)).toBe(1000);
  position.setSpeed(2, 1000);
  expect(position.at(2000)).toBe(3000);
  position.report(2100, 2000);
  expect(position.at(2000)).toBe(3200);
  position.setSpeed(1, 3000);
  position.report(3100, 3000);
  expect(position.at(4000)).toBe(6200);
  position.set(500, 4000);
  position.report(600, 4000);
  expect(position.at(4000)).toBe(600);
});

import { createSeededRandom } from "@antiphon/std";
import { expect, test } from "vitest";
import { reconnectDelayMs } from "./reconnect-policy.ts";

const random = { ...createSeededRandom(1), next: () => 0.5 };

test("pauses grow from the first to the longest, or stay, and end after the last attempt", () => {
  const policy = { maximumAttempts: 5, baseMs: 1_000, maximumMs: 6_000, jitterRatio: 0 };
  const delays = [0, 1, 2, 3, 4, 5].map((failed) => reconnectDelayMs(policy, failed, random));
  expect(delays).toEqual([1_000, 2_000, 4_000, 6_000, 6_000, undefined]);
  expect(reconnectDelayMs({ ...policy, growth: "constant" }, 4, random)).toBe(1_000);
});

test("by default it is tried for ever, with pauses of chance up to 30 s", () => {
  expect(reconnectDelayMs({}, 0, random)).toBe(250);
  expect(reconnectDelayMs({}, 1_000_000, random)).toBe(15_000);
});

import { expect, test } from "vitest";
import { blendGroup } from "./group-blend.ts";

const best = (scores: ReadonlyMap<string, number>) =>
  [...scores].sort(([, left], [, right]) => right - left).map(([key]) => key);
const loud = new Map([
  ["metal", 90],
  ["pop", 60],
]);
const quiet = new Map([
  ["folk", 0.9],
  ["pop", 0.6],
]);

test("the least pleased decide, unless nobody is pleased by the same", () => {
  expect(best(blendGroup([loud, quiet], "leastMisery"))[0]).toBe("pop");
  expect(best(blendGroup([new Map([["a", 1]]), new Map([["b", 1]])], "leastMisery"))).toEqual(["a", "b"]);
});

test("in the mean no listener is louder than another", () => {
  const scores = blendGroup([loud, quiet], "average");
  expect(scores.get("metal")).toBe(scores.get("folk"));
  expect(scores.get("pop")).toBeCloseTo(2 / 3, 9);
});

test("taking turns gives each their best that is left", () => {
  expect(best(blendGroup([loud, quiet, loud], "roundRobin"))).toEqual(["metal", "folk", "pop"]);
  expect(best(blendGroup([loud, new Map()], "roundRobin"))).toEqual(["metal", "pop"]);
});

test("nobody and nothing", () => {
  for (const blend of ["average", "leastMisery", "roundRobin"] as const) {
    expect(blendGroup([], blend).size).toBe(0);
    expect(blendGroup([new Map(), new Map()], blend).size).toBe(0);
  }
});

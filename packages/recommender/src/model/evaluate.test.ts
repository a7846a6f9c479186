import { expect, test } from "vitest";
import { evaluateRanking, splitByTime } from "./evaluate.ts";

const train = new Map([
  ["a", ["1", "2"]],
  ["b", ["1", "3"]],
]);
const wanted = new Map([
  ["a", ["3", "4"]],
  ["b", ["2", "1"]],
]);

test("figures worked out by hand", () => {
  const answers: Readonly<Record<string, readonly string[]>> = { a: ["4", "9", "3"], b: ["7"] };
  const result = evaluateRanking({ train, test: wanted, rank: (userId) => answers[userId] ?? [], cutoff: 3 });
  expect(result).toMatchObject({ users: 2, hitRatio: 0.5, recall: 0.5, mrr: 0.5, repetition: 0, coverage: 4 / 3 });
  expect(result.ndcg).toBeCloseTo((1 + 0.5) / (1 + 1 / Math.log2(3)) / 2, 9);
  expect(result.noveltyBits).toBeCloseTo(1, 9);
});

test("repeats count when they are wanted to", () => {
  const rank = () => ["1"];
  expect(evaluateRanking({ train, test: wanted, rank })).toMatchObject({
    recall: 0,
    repeats: "dropped",
    repetition: 1,
  });
  expect(evaluateRanking({ train, test: wanted, rank, countRepeats: true })).toMatchObject({
    recall: 0.25,
    repeats: "counted",
  });
});

test("nobody to ask gives no figure that is not a number", () => {
  const empty = evaluateRanking({ train: new Map(), test: new Map(), rank: () => [] });
  expect(
    Object.values(empty).every((figure) => typeof figure === "string" || figure === null || Number.isFinite(figure)),
  ).toBe(true);
});

test("the latest part of a history tests, a single item trains", () => {
  const split = splitByTime(
    new Map([
      ["a", ["1", "2", "3", "4"]],
      ["b", ["5"]],
    ]),
    0.25,
  );
  expect(split.train).toEqual(
    new Map([
      ["a", ["1", "2", "3"]],
      ["b", ["5"]],
    ]),
  );
  expect(split.test).toEqual(new Map([["a", ["4"]]]));
});

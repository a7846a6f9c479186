import { expect, test } from "vitest";
import { evaluateRanking, splitByTime } from "./evaluate.ts";
import { gatherInteractions, type ListenerHistory } from "./interactions.ts";
import { createFolder } from "./item-factors.ts";
import { createNeighbourRowBuilder } from "./item-neighbours.ts";
import { createLiveModel } from "./live-model.ts";
import { groupedHistories, smallParameters } from "../../test/grouped-histories.ts";
import { defaultModelParameters, type ModelParameters } from "./model-parameters.ts";
import { fitModel, toInteractionData } from "./model-snapshot.ts";
import { buildSpectralBand } from "./spectral-band.ts";

const modelOf = (histories: Iterable<ListenerHistory>, parameters: ModelParameters) => {
  const interactions = gatherInteractions(histories);
  const parts = fitModel(interactions, parameters);
  return createLiveModel({ builtAtMs: 0, parameters, interactions: toInteractionData(interactions), parts });
};

test("a row is the sum over common listeners, with the degrees taken out", () => {
  const interactions = gatherInteractions([
    { userId: "1", itemIds: ["a", "b"] },
    { userId: "2", itemIds: ["a", "b", "c"] },
    { userId: "3", itemIds: ["c", "a"] },
  ]);
  const plain = { ...defaultModelParameters.items, closenessExponent: 0, backwardRatio: 1, targetDegreeExponent: 0.5 };
  const { targets, weights } = createNeighbourRowBuilder(interactions, plain).row(0);
  const row = Object.fromEntries([...targets].map((target, at) => [interactions.items.ids[target], weights[at]]));
  expect(row["b"]).toBeCloseTo((1 / 2 + 1 / 3) / Math.sqrt(2), 6);
  expect(row["c"]).toBeCloseTo((1 / 2 + 1 / 3) / Math.sqrt(2), 6);
  const ordered = createNeighbourRowBuilder(interactions, { ...plain, closenessExponent: 1, backwardRatio: 0.5 }).row(
    0,
  );
  const after = Object.fromEntries(
    [...ordered.targets].map((target, at) => [interactions.items.ids[target], ordered.weights[at]]),
  );
  expect(after["b"]).toBeCloseTo((1 / 2 / 2 + 1 / 3 / 2) / Math.sqrt(2), 6);
  expect(after["c"]).toBeCloseTo((1 / 3 / 3 + 0.5 / 2 / 2) / Math.sqrt(2), 6);
});

test("the band holds eigenvectors of the item graph", () => {
  const interactions = gatherInteractions(groupedHistories(1));
  const { itemsOf, usersOf } = interactions;
  const { dimensions, vectors, values } = buildSpectralBand(interactions, { first: 0, end: 6 });
  expect(values[0]).toBeCloseTo(1, 4);
  const count = usersOf.nodeCount;
  for (let k = 0; k < dimensions; k++) {
    const image = new Float64Array(count);
    for (let user = 0; user < itemsOf.nodeCount; user++) {
      const list = [...itemsOf.list(user)];
      const sum = list.reduce(
        (total, item) =>
          total + (vectors[item * dimensions + k] as number) / Math.sqrt(usersOf.lengths[item] as number),
        0,
      );
      for (const item of list)
        image[item] = (image[item] as number) + sum / list.length / Math.sqrt(usersOf.lengths[item] as number);
    }
    let error = 0;
    for (let item = 0; item < count; item++)
      error += ((image[item] as number) - (values[k] as number) * (vectors[item * dimensions + k] as number)) ** 2;
    expect(Math.sqrt(error)).toBeLessThan(0.05);
  }
});

test("factors bring a listener's own items near", () => {
  const interactions = gatherInteractions(groupedHistories(2));
  const { factors } = fitModel(interactions, smallParameters);
  if (factors === undefined || smallParameters.factors === undefined) throw new Error("there are no factors");
  const { vectors } = factors;
  const history = interactions.itemsOf.list(0);
  const taste = createFolder(factors, smallParameters.factors)(history);
  const score = (item: number) => taste.reduce((sum, value, k) => sum + value * (vectors[item * 8 + k] as number), 0);
  const mean = (items: readonly number[]) => items.reduce((sum, item) => sum + score(item), 0) / items.length;
  const others = Array.from({ length: interactions.usersOf.nodeCount }, (_, item) => item).filter(
    (item) => !history.includes(item),
  );
  expect(mean([...history])).toBeGreaterThan(3 * Math.abs(mean(others)));
});

test.each([
  ["neighbourhoods", defaultModelParameters],
  ["every part", smallParameters],
])("finds what was left out of the histories of groups: %s", (_, parameters) => {
  const histories = new Map(groupedHistories(5).map(({ userId, itemIds }) => [userId, itemIds.slice(0, 9)]));
  const { train, test: left } = splitByTime(histories, 0.3);
  const model = modelOf(
    [...train].map(([userId, itemIds]) => ({ userId, itemIds })),
    parameters,
  );
  const rank = (userId: string) => model.recommend(userId).map(({ itemId }) => itemId);
  const result = evaluateRanking({ train, test: left, rank });
  expect(result.recall).toBeGreaterThan(0.95);
  const popular = [...new Set([...train.values()].flat())].slice(0, 20);
  expect(result.ndcg).toBeGreaterThan(2 * evaluateRanking({ train, test: left, rank: () => popular }).ndcg);
  expect(result).toMatchObject({ users: 100, cutoff: 20, repeats: "dropped", repetition: 0 });
});

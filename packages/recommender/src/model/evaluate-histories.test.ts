import { createSeededRandom } from "@antiphon/std";
import { expect, test } from "vitest";
import { trackKey } from "../track-key.ts";
import { evaluateHistories } from "./evaluate-histories.ts";

/** Listeners of two tastes, who hear its tracks in any order. */
function twoTastes() {
  const random = createSeededRandom(3);
  return Array.from({ length: 40 }, (_, index) => {
    const taste = index % 2;
    const tracks = Array.from({ length: 30 }, (_each, track) =>
      trackKey(`artist ${taste}${track % 6}`, `title ${track}`),
    );
    return { userId: `listener ${index}`, itemIds: random.shuffle(tracks).slice(0, 20) };
  });
}

test("a model finds the rest of a taste, where what is popular finds half of it", async () => {
  const { model, mostPopular, recentlyPlayed } = await evaluateHistories(twoTastes(), { cutoff: 10 });
  expect(model).toMatchObject({ users: 40, cutoff: 10, repeats: "dropped", repetition: 0 });
  expect(model.recall).toBeGreaterThan(1.5 * mostPopular.recall);
  expect(recentlyPlayed).toMatchObject({ recall: 0, repetition: 1 });
  expect(model.diversity).toBeGreaterThan(0.5);
  expect(model.diversity).toBeLessThan(1);
  expect(model.latencyP99Ms).toBeGreaterThanOrEqual(model.latencyP50Ms);
});

test("where repeats count, what was heard lately is found again", async () => {
  const histories = twoTastes().map(({ userId, itemIds }) => ({ userId, itemIds: [...itemIds, ...itemIds.slice(10)] }));
  const { model, recentlyPlayed } = await evaluateHistories(histories, {
    cutoff: 10,
    countRepeats: true,
    testRatio: 0.25,
  });
  expect(model).toMatchObject({ repeats: "counted", users: 40 });
  expect(model.repetition).toBeGreaterThan(0);
  expect(recentlyPlayed.hitRatio).toBeGreaterThan(0);
});

test("nobody's histories are measured as nothing", async () => {
  expect((await evaluateHistories([])).model).toMatchObject({ users: 0, recall: 0, coverage: 0 });
});

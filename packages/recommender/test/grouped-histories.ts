import { createSeededRandom } from "@antiphon/std";
import type { ListenerHistory } from "../src/model/interactions.ts";
import type { ModelParameters } from "../src/model/model-parameters.ts";
import { defaultModelParameters } from "../src/model/model-parameters.ts";

/** Every part of a model, small. */
export const smallParameters: ModelParameters = {
  ...defaultModelParameters,
  band: { first: 1, end: 8, targetDegreeExponent: 0.3, weight: 0.2 },
  factors: { dimensions: 8, regularization: 0.01, unobservedWeight: 0.1, epochs: 4, weight: 0.5 },
};

/** Listeners of some groups, each with a taste for the group's own twenty items and now and then for one of everybody's. */
export function groupedHistories(seed: number, groups = 4, perGroup = 25): ListenerHistory[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: groups * perGroup }, (_, index) => {
    const group = index % groups;
    const own = random.shuffle(Array.from({ length: 20 }, (_unused, item) => `group${group}-${item}`)).slice(0, 9);
    return { userId: `user${index}`, itemIds: [...own, `everybody-${random.integer(0, 4)}`] };
  });
}

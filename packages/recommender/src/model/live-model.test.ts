import { expect, test } from "vitest";
import { gatherInteractions, type ListenerHistory } from "./interactions.ts";
import { createLiveModel, type LiveModelOptions } from "./live-model.ts";
import { groupedHistories, smallParameters } from "../../test/grouped-histories.ts";
import { defaultModelParameters } from "./model-parameters.ts";
import { fitModel, toInteractionData, type ModelSnapshot } from "./model-snapshot.ts";

function snapshotOf(histories: Iterable<ListenerHistory>, parameters = defaultModelParameters): ModelSnapshot {
  const interactions = gatherInteractions(histories);
  const parts = fitModel(interactions, parameters);
  return { builtAtMs: 1, parameters, interactions: toInteractionData(interactions), parts };
}

const modelOf = (histories: Iterable<ListenerHistory>, options?: LiveModelOptions) =>
  createLiveModel(snapshotOf(histories), options);
const ids = (picks: readonly { readonly itemId: string }[]) => picks.map(({ itemId }) => itemId);

test("a play counts at once, for its listener and for others", () => {
  const model = modelOf(groupedHistories(1));
  expect(model.addPlay("newcomer", "group2-1")).toBe(true);
  expect(model.addPlay("newcomer", "brand new")).toBe(true);
  expect(model.addPlay("newcomer", "group2-1")).toBe(false);
  expect(model.historyOf("newcomer")).toEqual(["brand new", "group2-1"]);
  expect(ids(model.recommend("newcomer", { limit: 5 })).every((id) => id.startsWith("group2"))).toBe(true);
  expect(ids(model.recommendFor(["group2-1"], { limit: 200 }))).toContain("brand new");
});

test("plays that come one by one lead where building from all of them leads", () => {
  const histories = groupedHistories(2);
  const model = modelOf(histories.slice(0, 40), { refreshLimit: 10_000 });
  for (const { userId, itemIds } of histories.slice(40)) for (const itemId of itemIds) model.addPlay(userId, itemId);
  const whole = modelOf(histories);
  for (const userId of ["user3", "user77"]) {
    const expected = new Map(whole.recommend(userId).map(({ itemId, score }) => [itemId, score]));
    const found = model.recommend(userId);
    expect(found).toHaveLength(expected.size);
    for (const { itemId, score } of found) expect(score).toBeCloseTo(expected.get(itemId) ?? Number.NaN, 5);
  }
});

test("rows are brought up to date a few at a time, and few are kept", () => {
  const model = modelOf(groupedHistories(3), { refreshLimit: 3, keepLimit: 5 });
  for (let item = 0; item < 9; item++) model.addPlay("newcomer", `group0-${item}`);
  expect(model.outdatedRows).toBe(9);
  model.recommend("newcomer");
  expect(model.outdatedRows).toBe(6);
  model.recommend("newcomer");
  model.recommend("newcomer");
  // Of nine rows five are kept; the other four wait again.
  expect(model.outdatedRows).toBe(4);
});

test("a costly row is refreshed by itself, and only when enough has changed", () => {
  const crowd = Array.from({ length: 1_000 }, (_, user) => ({
    userId: `user${user}`,
    itemIds: ["hit", "hit too", `rare ${user}`],
  }));
  const model = modelOf(crowd, { refreshLimit: 4 });
  const play = (userId: string, itemIds: readonly string[]) => itemIds.forEach((id) => model.addPlay(userId, id));
  const waitingAfterQuestion = () => {
    model.recommend("newcomer");
    return model.outdatedRows;
  };
  play("newcomer", ["rare 1", "rare 2", "hit", "hit too"]);
  // A hit's row reads three thousand plays, six turns, for a change of less than a hundredth.
  expect([waitingAfterQuestion(), waitingAfterQuestion()]).toEqual([2, 2]);
  for (let user = 0; user < 10; user++) play(`another ${user}`, ["hit", "hit too"]);
  expect([waitingAfterQuestion(), waitingAfterQuestion()]).toEqual([1, 0]);
});

test("known items come back only when allowed, and excluded ones never", () => {
  const model = modelOf(groupedHistories(4));
  const known = model.historyOf("user1");
  expect(ids(model.recommend("user1")).filter((id) => known.includes(id))).toEqual([]);
  const allowed = ids(model.recommend("user1", { allowKnown: true }));
  expect(allowed.some((id) => known.includes(id))).toBe(true);
  const exclude = allowed.slice(0, 10);
  expect(ids(model.recommend("user1", { allowKnown: true, exclude })).filter((id) => exclude.includes(id))).toEqual([]);
});

test("says what a pick is owed to", () => {
  const model = modelOf(groupedHistories(5));
  const because = model.because(["everybody-1", "group1-3", "unknown"], "group1-7");
  expect(because[0]?.itemId).toBe("group1-3");
  expect(model.because(["group1-3"], "unknown")).toEqual([]);
});

test("a stranger and an empty history get nothing", () => {
  const model = modelOf(groupedHistories(6));
  expect(model.recommend("stranger")).toEqual([]);
  expect(model.recommendFor([])).toEqual([]);
  expect(model.recommendFor(["unknown"])).toEqual([]);
});

test("works from nothing at all", () => {
  const model = createLiveModel(snapshotOf([], smallParameters));
  expect(model.recommend("a")).toEqual([]);
  for (const user of ["a", "b"]) for (const item of ["x", "y"]) model.addPlay(user, item);
  model.addPlay("b", "z");
  expect(ids(model.recommend("a"))).toEqual(["z"]);
});

test("a rebuild takes over between two questions and forgets no play that came meanwhile", async () => {
  const model = modelOf(groupedHistories(7));
  const steps = new Set<string>();
  const rebuilding = model.rebuild({ parameters: smallParameters, onProgress: ({ step }) => steps.add(step) });
  model.addPlay("newcomer", "group3-1");
  model.addPlay("newcomer", "brand new");
  const snapshot = await rebuilding;
  expect([...steps].sort()).toEqual(["band", "factors", "items"]);
  expect(model.builtAtMs).toBe(snapshot.builtAtMs);
  expect(snapshot.interactions.userIds).not.toContain("newcomer");
  expect(model.historyOf("newcomer")).toEqual(["group3-1", "brand new"]);
  expect(ids(model.recommendFor(["group3-1"], { limit: 200 }))).toContain("brand new");
});

test("an aborted rebuild leaves what serves as it is", async () => {
  const model = modelOf(groupedHistories(8));
  const before = model.recommend("user0");
  const ending = new AbortController();
  const rebuilding = model.rebuild({ signal: ending.signal });
  ending.abort(new Error("enough"));
  await expect(rebuilding).rejects.toThrow("enough");
  await expect(model.rebuild({ signal: ending.signal })).rejects.toThrow("enough");
  expect(model.builtAtMs).toBe(1);
  expect(model.recommend("user0")).toEqual(before);
});

test("a build that fails says so", async () => {
  const model = modelOf(groupedHistories(9));
  const broken = { ...defaultModelParameters, items: { ...defaultModelParameters.items, neighbourLimit: -1 } };
  await expect(model.rebuild({ parameters: broken })).rejects.toMatchObject({ code: "RECOMMENDER_MODEL_BUILD_FAILED" });
});

test("another model takes over whole", () => {
  const model = modelOf(groupedHistories(10));
  model.replace({ ...snapshotOf([{ userId: "only", itemIds: ["a", "b"] }]), builtAtMs: 9 });
  expect(model).toMatchObject({ builtAtMs: 9, userCount: 1, itemCount: 2 });
});

import { createManualClock, createSeededRandom } from "@antiphon/std";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildModel } from "../model/build-model.ts";
import { createLiveModel, type LiveModel } from "../model/live-model.ts";
import { createRecommender, type RecommenderOptions } from "../recommender.ts";
import { playOf } from "../store/history-store.contract.ts";
import type { HistoryStore } from "../store/history-store.ts";
import type { Track } from "../store/play.ts";
import { openSqliteHistoryStore } from "../store/sqlite-history-store.ts";
import { favouriteSource } from "./favourite-source.ts";
import { modelSource } from "./model-source.ts";
import { nextTrackSources, repetitionSource } from "./next-track-sources.ts";

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 10);
const clock = createManualClock({ startMs });
const track = (text: string): Track => {
  const [artist = "", title = ""] = text.split("/");
  return playOf({ artist, title }).track;
};
let store: HistoryStore;
let plays = 0;

beforeEach(() => {
  store = openSqliteHistoryStore({ path: ":memory:" });
});
afterEach(() => store.close());

/** Records an evening of `Artist/Title` texts, five minutes apart, ended `hoursAgo`. */
async function evening(
  hoursAgo: number,
  texts: readonly string[],
  userId: string | null = "user",
  communityId = "guild",
) {
  for (const [index, text] of texts.entries()) {
    const { artist, title } = track(text);
    const startedAtMs = startMs - hoursAgo * hourMs + index * 300_000;
    await store.recordPlay(playOf({ artist, title, startedAtMs, userId, communityId, playId: `play ${plays++}` }));
  }
}

async function storeModel(): Promise<LiveModel> {
  const histories = await Array.fromAsync(store.histories());
  return createLiveModel(await buildModel(histories));
}

const recommenderOf = (options: Partial<RecommenderOptions> = {}) =>
  createRecommender({ store, clock, random: createSeededRandom(7), ...options });
const titles = (picks: readonly { readonly track: Track }[]) => picks.map((pick) => pick.track.title);

test("a model's picks say which play they are owed to", async () => {
  for (const userId of ["a", "b", "c"]) await evening(90, ["A/one", "B/two", "C/three"], userId);
  await evening(50, ["X/other", "Y/thing"], "d");
  await evening(40, ["A/one"], "e", "elsewhere");
  const recommender = recommenderOf({ sources: [modelSource({ model: await storeModel() })] });
  const picks = await recommender.recommend({ communityId: "elsewhere" });
  expect(titles(picks).sort()).toEqual(["three", "two"]);
  expect(picks[0]?.reasons).toEqual(["because you played one"]);
});

test("a recorded play reaches the model, a skipped one does not", async () => {
  const model = await storeModel();
  const recommender = recommenderOf({ sources: [modelSource({ model })] });
  for (const userId of ["a", "b"]) {
    for (const title of ["one", "two"]) await recommender.recordPlay(playOf({ title, userId, playId: userId + title }));
  }
  await recommender.recordPlay(playOf({ title: "skipped", userId: "a", heardRatio: 0.1 }));
  await recommender.recordPlay(playOf({ title: "late", userId: null }));
  expect(model.historyOf("a")).toHaveLength(2);
  expect(model.historyOf("community:guild")).toHaveLength(1);
  const [pick] = await recommender.recommend({ communityId: "guild", seed: playOf({ title: "one" }).track });
  expect(pick?.track.title).toBe("two");
});

test("a model answers for the listener who is asked for", async () => {
  for (const userId of ["a", "b"]) await evening(90, ["A/rock 1", "B/rock 2", "C/rock 3"], userId, "elsewhere");
  for (const userId of ["c", "d"]) await evening(80, ["D/folk 1", "E/folk 2", "F/folk 3"], userId, "elsewhere");
  await evening(60, ["D/folk 1"], "ada");
  await evening(50, ["A/rock 1"], "bea");
  const recommender = recommenderOf({ sources: [modelSource({ model: await storeModel() })] });
  const ask = (listeners: readonly string[], blend?: "roundRobin") =>
    recommender.recommend({ communityId: "guild", listeners, seed: track("Z/unknown"), ...(blend && { blend }) });
  expect(titles(await ask(["ada"]))[0]).toMatch(/^folk/);
  expect(titles(await ask(["bea"]))[0]).toMatch(/^rock/);
  const both = await ask(["ada", "bea"], "roundRobin");
  expect(
    both
      .slice(0, 2)
      .map((pick) => pick.track.title.slice(0, 4))
      .sort(),
  ).toEqual(["folk", "rock"]);
  expect(both[0]?.reasons.at(-1)).toMatch(/^suits \d of 2 listeners$/);
});

test("what used to follow the latest tracks comes first, though it is not the most played", async () => {
  for (let night = 0; night < 4; night++) await evening(200 + night * 24, ["A/one", "B/two", "C/three"]);
  for (let night = 0; night < 9; night++) await evening(400 + night * 24, ["H/hit", "I/hit too"]);
  await evening(0.2, ["A/one"]);
  const recommender = recommenderOf({ sources: nextTrackSources() });
  const [first, second] = await recommender.recommend({ communityId: "guild" });
  expect(first?.track.title).toBe("two");
  expect(first?.reasons[0]).toBe("often follows one here");
  expect(second?.track.title).toBe("three");
});

test("without anything running, what people come back to is picked", async () => {
  await evening(300, ["A/old", "A/old"]);
  await evening(30, ["B/new", "C/else"]);
  await evening(28, ["B/new"]);
  const [pick] = await recommenderOf({ sources: [repetitionSource()] }).recommend({
    communityId: "guild",
    seed: track("Z/unknown"),
  });
  expect(pick).toMatchObject({ track: { title: "new" }, reasons: ["something you come back to: 2 plays"] });
});

test("repeats are avoided, allowed or preferred", async () => {
  await evening(100, ["A/known", "B/well known", "B/well known"]);
  const recommender = recommenderOf();
  const ask = (repeat: "avoid" | "prefer") =>
    recommender.recommend({ communityId: "guild", seed: track("A/new"), discoverable: [track("A/new 2")], repeat });
  expect(titles(await ask("avoid"))).toEqual(["new 2"]);
  expect(titles(await ask("prefer"))[0]).not.toBe("new 2");
});

test("with novelty, little-played tracks come before favourites", async () => {
  await evening(100, ["A/hit", "A/hit", "A/hit", "A/hit", "A/hit", "A/hit", "B/rare"]);
  const recommender = recommenderOf({ sources: [favouriteSource()] });
  const ask = (noveltyRatio: number) =>
    recommender.recommend({ communityId: "guild", seed: track("Z/unknown"), noveltyRatio });
  expect(titles(await ask(0))).toEqual(["hit", "rare"]);
  expect(titles(await ask(1))).toEqual(["rare", "hit"]);
});

test("with diversity, the second pick differs from the first", async () => {
  await evening(100, ["A/1", "A/1", "A/1", "A/2", "A/2", "B/3"]);
  const ask = (diversityRatio: number) =>
    recommenderOf({ sources: [favouriteSource()], diversityRatio, artistLimit: 9 }).recommend({
      communityId: "guild",
      seed: track("Z/unknown"),
      limit: 2,
    });
  expect(titles(await ask(0))).toEqual(["1", "2"]);
  expect(titles(await ask(0.5))).toEqual(["1", "3"]);
});

test("a listener's own plays speak for them, not the room's", async () => {
  await evening(100, ["A/loud", "A/loud", "A/loud"], "ada");
  await evening(90, ["B/quiet"], "bea");
  const recommender = recommenderOf({ sources: [favouriteSource()] });
  const ask = (listeners?: readonly string[]) =>
    recommender.recommend({ communityId: "guild", seed: track("Z/unknown"), ...(listeners && { listeners }) });
  expect(titles(await ask())[0]).toBe("loud");
  expect(titles(await ask(["bea"]))).toEqual(["quiet"]);
  expect(titles(await ask(["nobody"]))).toEqual([]);
});

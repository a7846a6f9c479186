import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createManualClock, createSeededRandom, describeError } from "@antiphon/std";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isNetworkFailure } from "./enrichment/read-answer.ts";
import { RecommenderError } from "./error.ts";
import { isTaskTimeout } from "./processor/async-processor.ts";
import { processMusicData } from "./processor/process-music-data.ts";
import { resultsOf } from "./processor/task.ts";
import { createRecommender } from "./recommender.ts";
import type { CandidateSource } from "./source/candidate-source.ts";
import type { HistoryStore } from "./store/history-store.ts";
import type { Track } from "./store/play.ts";
import { playOf } from "./store/history-store.contract.ts";
import { openSqliteHistoryStore } from "./store/sqlite-history-store.ts";

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 10);
const clock = createManualClock({ startMs });
const track = (title: string, artist: string): Track => playOf({ title, artist }).track;
let store: HistoryStore;

beforeEach(() => {
  store = openSqliteHistoryStore({ path: ":memory:" });
});
afterEach(() => store.close());

/** Records an evening of `Artist/Title` texts, five minutes apart, ended `hoursAgo`. */
async function evening(hoursAgo: number, texts: readonly string[], heardRatio = 1): Promise<void> {
  for (const [index, text] of texts.entries()) {
    const [artist = "", title = ""] = text.split("/");
    const startedAtMs = startMs - hoursAgo * hourMs + index * 300_000;
    await store.recordPlay(playOf({ artist, title, startedAtMs, heardRatio }));
  }
}

const recommenderOf = (options = {}) => createRecommender({ store, clock, random: createSeededRandom(7), ...options });

test("what used to follow comes first, and says so", async () => {
  await evening(100, ["A/one", "B/two", "C/three"]);
  await evening(90, ["A/one", "B/two", "D/four"]);
  const [first] = await recommenderOf().recommend({ communityId: "guild", seed: track("one", "A") });
  expect(first?.track.title).toBe("two");
  expect(first?.reasons[0]).toBe("played here 2 times after one");
});

test("the seed defaults to the latest play", async () => {
  await evening(100, ["A/one", "B/two", "A/one", "B/two"]);
  await evening(0.1, ["A/one"]);
  const [first] = await recommenderOf().recommend({ communityId: "guild" });
  expect(first?.track.title).toBe("two");
});

test("nothing within its cooldown, in the queue, or just playing is picked", async () => {
  await evening(100, ["A/one", "B/two", "C/three", "D/four"]);
  await evening(0.5, ["B/two"]);
  const picks = await recommenderOf().recommend({
    communityId: "guild",
    seed: track("one", "A"),
    exclude: [track("three", "C")],
  });
  expect(picks.map((pick) => pick.track.title)).toEqual(["four"]);
});

test("skipped tracks sink", async () => {
  await evening(100, ["A/one", "B/two", "A/one", "C/three"]);
  await evening(90, ["C/three", "C/three", "C/three"], 0.1);
  const picks = await recommenderOf().recommend({ communityId: "guild", seed: track("one", "A") });
  expect(picks[0]?.track.title).toBe("two");
});

test("no more than the limit by one artist, while nameless artists are not one", async () => {
  const discoverable = ["1", "2", "3", "4"].flatMap((title) => [track(title, "Same"), track(`${title}?`, "")]);
  const picks = await recommenderOf().recommend({ communityId: "guild", discoverable, limit: 8 });
  expect(picks.filter((pick) => pick.track.artist === "Same")).toHaveLength(2);
  expect(picks.filter((pick) => pick.track.artist === "")).toHaveLength(4);
});

test("a community without a history gets discoveries, one without anything gets nothing", async () => {
  expect(await recommenderOf().recommend({ communityId: "guild" })).toEqual([]);
  const [pick] = await recommenderOf().recommend({ communityId: "guild", discoverable: [track("new", "N")] });
  expect(pick).toMatchObject({ track: { title: "new" }, reasons: ["not heard here yet"] });
});

test("when everything is in its cooldown, the track heard longest ago comes back", async () => {
  await evening(0.5, ["A/one", "B/two", "C/three"]);
  const picks = await recommenderOf().recommend({ communityId: "guild" });
  expect(picks.map((pick) => pick.track.title)).toEqual(["one"]);
});

test("one community's plays do not reach another", async () => {
  await evening(100, ["A/one", "B/two"]);
  expect(await recommenderOf().recommend({ communityId: "elsewhere" })).toEqual([]);
});

test("a source of one's own takes part", async () => {
  const own: CandidateSource = {
    name: "own",
    weight: 1,
    candidates: async () => [{ key: "k", track: track("own", "O"), score: 1, reason: "because" }],
  };
  const [pick] = await recommenderOf({ sources: [own] }).recommend({ communityId: "guild" });
  expect(pick).toMatchObject({ track: { title: "own" }, reasons: ["because"] });
});

test("the same seed gives the same picks, and every pick has a reason", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("A/1", "A/2", "B/3", "C/4", "D/5"), { maxLength: 12 }),
      fc.integer(),
      async (texts, seed) => {
        await using own = openSqliteHistoryStore({ path: ":memory:" });
        for (const [index, text] of texts.entries()) {
          const [artist = "", title = ""] = text.split("/");
          await own.recordPlay(playOf({ artist, title, startedAtMs: startMs - 50 * hourMs + index * 60_000 }));
        }
        const ask = () =>
          createRecommender({ store: own, clock, random: createSeededRandom(seed) }).recommend({
            communityId: "guild",
          });
        const picks = await ask();
        expect(picks).toEqual(await ask());
        expect(picks.every((pick) => pick.reasons.length > 0 && Number.isFinite(pick.score))).toBe(true);
        expect(new Set(picks.map((pick) => pick.track.title)).size).toBe(picks.length);
      },
    ),
    { numRuns: 60 },
  );
});

test("a failure that is neither a timeout nor of the network reaches the caller as it is, to be logged with its cause", async () => {
  const failure = new Error("the index is broken", { cause: new Error("bit rot") });
  const failing: CandidateSource = { name: "failing", weight: 1, candidates: () => Promise.reject(failure) };
  const question = { communityId: "guild" };
  await expect(recommenderOf({ sources: [failing] }).recommend(question)).rejects.toBe(failure);
  const tasks = await processMusicData([track("one", "A")], () => Promise.reject(failure));
  expect(() => resultsOf(tasks)).toThrow(failure);
  for (const tell of [isTaskTimeout, isNetworkFailure]) expect(tell(failure)).toBe(false);

  const folder = mkdtempSync(join(tmpdir(), "antiphon-failing-"));
  const path = join(folder, "history.sqlite");
  await using broken = openSqliteHistoryStore({ path });
  const database = new DatabaseSync(path);
  database.exec("DROP TABLE play");
  database.close();
  const asked = createRecommender({ store: broken, clock }).recommend(question);
  const error: unknown = await asked.catch((reason: unknown) => reason);
  rmSync(folder, { recursive: true });
  expect(error).toBeInstanceOf(RecommenderError);
  expect(error).toMatchObject({
    code: "RECOMMENDER_STORE_UNAVAILABLE",
    cause: { message: expect.stringContaining("no such table: play") },
  });
  for (const tell of [isTaskTimeout, isNetworkFailure]) expect(tell(error)).toBe(false);
  expect(describeError(error)).toContain("no such table: play");
});

import { createManualClock } from "@antiphon/std";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildModel } from "../model/build-model.ts";
import { createLiveModel } from "../model/live-model.ts";
import { playOf } from "../store/history-store.contract.ts";
import type { HistoryStore } from "../store/history-store.ts";
import { openSqliteHistoryStore } from "../store/sqlite-history-store.ts";
import { artistKey, trackKey } from "../track-key.ts";
import type { MoodScorer } from "./candidate-pool.ts";
import { interleave } from "./interleave.ts";
import { createPlaylistGenerator, PlaylistType } from "./playlist-generator.ts";

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 0, 10);
const track = (text: string) => {
  const [artist = "", title = ""] = text.split("/");
  return playOf({ artist, title }).track;
};
const keyOf = (text: string) => trackKey(track(text).artist, track(text).title);
let store: HistoryStore;

/** Lets somebody hear `Artist/Title` texts, an hour apart, the last one `daysAgo`. */
const hear = (userId: string, daysAgo: number, texts: readonly string[]) =>
  store.recordScrobbles(
    userId,
    texts.map((text, index) => ({
      track: track(text),
      startedAtMs: nowMs - daysAgo * dayMs - (texts.length - index) * 3_600_000,
    })),
  );

/** Valence by one tag, arousal by another. */
const moodOf: MoodScorer = (tags) => {
  if (tags.length === 0) return { valence: undefined, arousal: undefined };
  const has = (name: string) => tags.some((tag) => tag.name === name);
  return { valence: has("happy") ? 0.7 : -0.7, arousal: has("loud") ? 0.6 : -0.6 };
};

async function generatorOf(options: { readonly moodOf?: MoodScorer } = {}) {
  const model = createLiveModel(await buildModel(await Array.fromAsync(store.histories())));
  return createPlaylistGenerator({ store, model, clock: createManualClock({ startMs: nowMs }), ...options });
}
const titles = (entries: readonly { readonly track: { readonly title: string } }[]) =>
  entries.map((entry) => entry.track.title);

beforeEach(async () => {
  store = openSqliteHistoryStore({ path: ":memory:" });
  // Two tastes: folk, which ada shares with bea and cem; metal, which is dan's and eve's.
  await hear("ada", 2, ["Elm/leaf", "Elm/root", "Oak/bark"]);
  await hear("bea", 100, ["Elm/leaf", "Elm/root", "Oak/bark", "Ash/twig", "Fir/cone"]);
  await hear("cem", 100, ["Elm/root", "Oak/bark", "Ash/twig", "Yew/seed"]);
  await hear("dan", 1, ["Iron/ore", "Zinc/sheet", "Iron/rust"]);
  await hear("eve", 0.5, ["Iron/ore", "Zinc/sheet"]);
});
afterEach(() => store.close());

test("similar to what was heard lately, with the reason, and nothing of it again", async () => {
  const { generatePlaylist } = await generatorOf();
  const { entries, type } = await generatePlaylist("ada", PlaylistType.similarRecent, { limit: 3 });
  expect(type).toBe("similarRecent");
  expect(titles(entries).toSorted()).toEqual(["cone", "seed", "twig"]);
  expect(entries[0]).toMatchObject({ key: keyOf("Ash/twig"), reason: expect.stringMatching(/^because you heard /) });
});

test("what is recent counts: another evening makes another playlist", async () => {
  await hear("ada", 0.1, ["Iron/ore"]);
  const { generatePlaylist } = await generatorOf();
  const { entries } = await generatePlaylist("ada", PlaylistType.similarRecent, { limit: 1, recentCount: 1 });
  expect(["sheet", "rust"]).toContain(entries[0]?.track.title);
});

test("a discovery brings nothing that the listener has heard, though the model knows less than the store", async () => {
  const { generatePlaylist } = await generatorOf();
  await hear("ada", 0.1, ["Ash/twig"]);
  const { entries } = await generatePlaylist("ada", PlaylistType.discovery, { limit: 2 });
  expect(titles(entries).toSorted()).toEqual(["cone", "seed"]);
  expect(entries[0]?.reason).toMatch(/^new to you/);
});

test("trending goes by everybody's last days, or by one community's", async () => {
  const { generatePlaylist } = await generatorOf();
  const { entries } = await generatePlaylist("bea", PlaylistType.trending, { limit: 2 });
  expect(titles(entries)).toEqual(["sheet", "ore"]);
  expect(entries[0]?.reason).toBe("heard by 2 listeners lately");
  await store.recordPlay(playOf({ artist: "Elm", title: "leaf", startedAtMs: nowMs - dayMs, communityId: "guild" }));
  const here = await generatePlaylist("bea", PlaylistType.trending, { communityId: "guild" });
  expect(titles(here.entries)).toEqual(["leaf"]);
  const long = await generatePlaylist("bea", PlaylistType.trending, {
    windowMs: 200 * dayMs,
    limit: 500,
    artistLimit: 9,
  });
  expect(long.entries.length).toBeGreaterThan(5);
  const unheard = await generatePlaylist("dan", PlaylistType.trending, { allowKnown: false });
  expect(titles(unheard.entries)).not.toContain("ore");
});

test("a mood is found by tags, the nearest first", async () => {
  await store.setTrackTags(keyOf("Elm/leaf"), [{ name: "happy", weight: 1 }]);
  await store.setTrackTags(keyOf("Oak/bark"), [{ name: "sad", weight: 1 }]);
  await store.setTrackTags(keyOf("Iron/ore"), [
    { name: "happy", weight: 1 },
    { name: "loud", weight: 0.5 },
  ]);
  const { generatePlaylist } = await generatorOf({ moodOf });
  const calm = await generatePlaylist("ada", PlaylistType.mood, { mood: "peaceful" });
  expect(titles(calm.entries)).toEqual(["leaf"]);
  expect(calm.entries[0]?.reason).toBe("peaceful, by its tags happy");
  const loud = await generatePlaylist("ada", PlaylistType.mood, { mood: { valence: 0.7, arousal: 0.6 } });
  expect(titles(loud.entries)).toEqual(["ore"]);
});

test("prompts: artists with those like them, tags, statistics, playlists and recommendations", async () => {
  for (const text of ["Elm/leaf", "Ash/twig"]) await store.setTrackTags(keyOf(text), [{ name: "Folk", weight: 1 }]);
  await store.setTrackTags(keyOf("Iron/ore"), [
    { name: "metal", weight: 1 },
    { name: "folk", weight: 0.2 },
  ]);
  const playlistId = await store.createPlaylist({ userId: "bea", name: "mine" });
  await store.addTracksToPlaylist(playlistId, [track("Fir/cone")]);
  const { generatePlaylist } = await generatorOf();
  const ask = async (prompt: string) =>
    titles((await generatePlaylist("ada", PlaylistType.prompt, { prompt, limit: 20 })).entries);

  expect((await ask("artist:ELM::nosim")).toSorted()).toEqual(["leaf", "root"]);
  const alike = await ask("artist:(elm)");
  expect(alike.slice(0, 2).toSorted()).toEqual(["leaf", "root"]);
  expect(alike).toContain("bark");
  expect(await ask("tag:(folk,metal)")).toEqual(["ore"]);
  expect((await ask("tag:(folk,metal)::or")).toSorted()).toEqual(["leaf", "ore", "twig"]);
  expect(await ask("stats:(dan)::week")).toEqual(await ask("stats:(dan)"));
  expect(await ask("stats:(bea)::week")).toEqual([]);
  expect(await ask(`playlist:(${playlistId})`)).toEqual(["cone"]);
  expect(await ask("recs:(ada)::unlistened")).not.toContain("leaf");
  expect(await ask("recs:(ada)::listened")).toContain("leaf");
  const easy = await ask("stats:(bea)::easy");
  expect((await ask("stats:(bea)::hard"))[0]).toBe(easy.at(-1));
});

test("weights share a prompt's places, and a term without an answer says so", async () => {
  const { generatePlaylist } = await generatorOf();
  const prompt = "stats:(bea):2 stats:(dan) tag:(vaporwave)";
  const { entries, notes } = await generatePlaylist("ada", PlaylistType.prompt, { prompt, limit: 6 });
  const metal = entries.filter((entry) => ["iron", "zinc"].includes(artistKey(entry.track.artist)));
  expect(metal).toHaveLength(2);
  expect(notes).toEqual(["tag:(vaporwave) found nothing"]);
});

test("a new listener hears what others hear, an empty store gives an empty playlist that says so", async () => {
  const { generatePlaylist } = await generatorOf();
  const { entries } = await generatePlaylist("newcomer", PlaylistType.similarRecent);
  expect(entries[0]?.reason).toMatch(/lately$/);
  await using empty = openSqliteHistoryStore({ path: ":memory:" });
  const model = createLiveModel(await buildModel([]));
  const nothing = await createPlaylistGenerator({ store: empty, model }).generatePlaylist("ada", "discovery", {
    saveAs: "x",
  });
  expect(nothing).toEqual({ type: "discovery", entries: [], notes: ["nothing was found"], playlistId: null });
});

test("a playlist is kept under its name and type, without excluded tracks and with few by one artist", async () => {
  const { generatePlaylist } = await generatorOf();
  const { playlistId, entries } = await generatePlaylist("ada", PlaylistType.trending, {
    saveAs: "Hot",
    artistLimit: 1,
    exclude: [keyOf("Iron/ore")],
  });
  expect(await store.getUserPlaylists("ada")).toEqual([
    { playlistId, name: "Hot", description: "Generated: trending", type: "trending", trackCount: entries.length },
  ]);
  expect(titles(entries)).not.toContain("ore");
  expect(new Set(entries.map((entry) => entry.track.artist)).size).toBe(entries.length);
  expect(await store.getPlaylistTracks(playlistId ?? "")).toEqual(entries.map((entry) => entry.track));
});

test.each([
  ["trending", { limit: 0 }, "limit"],
  ["trending", { limit: 501 }, "limit"],
  ["similarRecent", { recentCount: 1.5 }, "recentCount"],
  ["trending", { artistLimit: 0 }, "artistLimit"],
  ["trending", { diversityRatio: 2 }, "diversityRatio"],
  ["trending", { windowMs: 0 }, "windowMs"],
  ["prompt", {}, "a prompt is missing"],
  ["mood", { mood: "happy" }, "moodOf"],
  ["prompt", { prompt: "mood:(happy)" }, "moodOf"],
  ["best", {}, "best is no type"],
  ["toString", {}, "toString is no type"],
])("%s with %o is refused", async (type, settings, words) => {
  const { generatePlaylist } = await generatorOf();
  await expect(generatePlaylist("ada", type as PlaylistType, settings as never)).rejects.toMatchObject({
    code: "RECOMMENDER_PLAYLIST_SETTINGS_INVALID",
    message: expect.stringContaining(words),
  });
});

test("the types of playlist are listed, each under its own name", () => {
  const types = ["similarRecent", "discovery", "trending", "mood", "prompt"];
  expect(PlaylistType).toEqual(Object.fromEntries(types.map((type) => [type, type])));
});

test("a mood that has no name is refused", async () => {
  const { generatePlaylist } = await generatorOf({ moodOf });
  await expect(generatePlaylist("ada", "mood", { mood: "purple" as never })).rejects.toMatchObject({
    code: "RECOMMENDER_PLAYLIST_SETTINGS_INVALID",
  });
});

test("turns go by weight", () => {
  const lists = [
    { items: ["a", "b", "c", "d"], weight: 2 },
    { items: ["x", "a", "y"], weight: 1 },
  ];
  expect(interleave(lists, (item) => item)).toEqual(["a", "x", "b", "c", "y", "d"]);
});

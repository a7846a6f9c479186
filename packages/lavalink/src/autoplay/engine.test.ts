import { createManualClock, createSeededRandom } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import type { LoadResult } from "../load.ts";
import type { Track } from "../track.ts";
import { createAutoplayEngine, type AutoplayEngineOptions } from "./engine.ts";
import { createAutoplaySources } from "./sources.ts";
import { createRecommenderStrategy } from "./strategies.ts";

interface TrackFacts {
  readonly length?: number;
  readonly isStream?: boolean;
  readonly sourceName?: string;
  readonly uri?: string;
  readonly isrc?: string;
}

function track(author: string, title: string, facts: TrackFacts = {}): Track {
  const identifier = `${author}/${title}`;
  const info = { identifier, author, title, length: 200_000, isSeekable: true, isStream: false, position: 0 };
  return { encoded: identifier, info: { ...info, sourceName: "youtube", ...facts }, pluginInfo: {}, userData: {} };
}

function setUp(results: Readonly<Record<string, readonly Track[]>>, options: Partial<AutoplayEngineOptions> = {}) {
  const asked: string[] = [];
  const clock = createManualClock();
  const engine = createAutoplayEngine({
    guildId: "1",
    clock,
    random: createSeededRandom(1),
    smartShuffle: false,
    load(identifier) {
      asked.push(identifier);
      const tracks = results[identifier];
      const result: LoadResult = tracks === undefined ? { type: "empty" } : { type: "search", tracks };
      return Promise.resolve(result);
    },
    ...options,
  });
  return { engine, asked, clock };
}

const seed = track("Aurora Field", "First Light");
const mix = "https://www.youtube.com/watch?v=Aurora%20Field%2FFirst%20Light&list=RDAurora%20Field%2FFirst%20Light";
const search = "ytmsearch:Aurora Field";

describe("next", () => {
  test("asks strategies in their order and says why", async () => {
    const { engine, asked } = setUp({ [mix]: [seed, track("Mara Lind", "Tidewater")], [search]: [track("X", "Y")] });
    expect(await engine.next(seed)).toEqual({
      track: track("Mara Lind", "Tidewater"),
      strategy: "sourceMix",
      reason: "from the mix of First Light",
      score: 1,
      considered: 1,
      rejected: {},
    });
    expect(asked).toEqual([mix]);
  });

  test("passes over a strategy that fails or finds nothing, and falls back to the playlist", async () => {
    const { engine, asked } = setUp({ list: [track("P", "Q")] }, { fallbackPlaylist: "list" });
    engine.registerStrategy("broken", { suggest: () => Promise.reject(new Error("down")) });
    engine.configure({ strategies: ["broken", "unknown", "similarArtist"] });
    expect(await engine.next(seed)).toMatchObject({ strategy: "fallbackPlaylist", track: { info: { title: "Q" } } });
    expect(asked).toEqual([search, "list"]);
  });

  test("leaves out what was played under any spelling, streams, too short ones, denied places and too much of one artist", async () => {
    const sources = createAutoplaySources({ deny: ["bad.example"] });
    const { engine } = setUp(
      {
        [mix]: [
          track("Aurora Field - Topic", "First Light (Official Audio)"),
          track("Mara Lind", "Radio", { isStream: true }),
          track("Mara Lind", "Jingle", { length: 5_000 }),
          track("Mara Lind", "Song", { uri: "https://cdn.bad.example/x" }),
          track("Lanterns", "Third"),
          track("Sole Voice", "Quiet"),
        ],
      },
      { sources },
    );
    engine.played(track("Lanterns", "First"));
    engine.played(track("Lanterns", "Second"));
    expect(await engine.next(seed)).toMatchObject({
      track: { info: { title: "Quiet" } },
      considered: 6,
      rejected: { played: 1, duration: 2, source: 1, artistLimit: 1 },
    });
  });

  test("hears scorers, and takes likeness to what was played into account", async () => {
    const { engine } = setUp(
      {
        [mix]: [track("Aurora Field", "Last Light"), track("Mara Lind", "Tidewater"), track("Z", "Loud")],
      },
      { varietyRatio: 0.6 },
    );
    expect((await engine.next(seed))?.track.info.title).toBe("Tidewater");
    engine.registerScorer("quiet", { score: ({ track: { info } }) => (info.author === "Mara Lind" ? 0 : 1) });
    expect(await engine.next(seed)).toMatchObject({ track: { info: { title: "Loud" } }, rejected: { scorer: 1 } });
    engine.registerScorer("quiet", { score: () => Number.NaN });
    expect(await engine.next(seed)).toBeNull();
  });

  test("counts what people skipped against its artist, for a while", async () => {
    const { engine, clock } = setUp({ [mix]: [track("Mara Lind", "Tidewater"), track("Z", "Loud")] });
    engine.skipped(track("Mara Lind", "Other"));
    engine.skipped(track("Mara Lind", "Another"));
    expect((await engine.next(seed))?.track.info.title).toBe("Loud");
    await clock.advance(6 * 3_600_000);
    expect((await engine.next(seed))?.track.info.title).toBe("Tidewater");
  });

  test("varies by the seed of its chance, and replays", async () => {
    const results = { [mix]: ["A", "B", "C", "D", "E", "F", "G"].map((name) => track(name, `Song ${name}`)) };
    const run = async (chance: number) => {
      const { engine } = setUp(results, { smartShuffle: true, random: createSeededRandom(chance) });
      const picks: string[] = [];
      for (let index = 0; index < 4; index++) {
        const pick = await engine.next(seed);
        if (pick !== null) engine.played(pick.track);
        picks.push(pick?.track.info.author ?? "");
      }
      return picks.join("");
    };
    expect(await run(3)).toBe(await run(3));
    const runs = new Set(await Promise.all([1, 2, 3, 4, 5].map(run)));
    expect(runs.size).toBeGreaterThan(1);
    for (const picks of runs) expect(new Set(picks)).toHaveLength(4);
  });

  test("is silent when switched off, and stops when its signal aborts", async () => {
    const { engine } = setUp({ [mix]: [track("A", "B")] });
    engine.configure({ enabled: false });
    expect(await engine.next(seed)).toBeNull();
    engine.configure({ enabled: true });
    engine.registerStrategy("slow", {
      suggest: ({ signal }) => Promise.reject(signal?.reason ?? new Error("no signal")),
    });
    engine.configure({ strategies: ["slow"] });
    await expect(engine.next(seed, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});

test("the mix comes from the seed's own source, or by ISRC from Spotify", async () => {
  const { engine, asked } = setUp({}, { strategies: ["sourceMix"] });
  await engine.next(track("A", "B", { sourceName: "spotify", isrc: "XX1" }));
  await engine.next(track("A", "B", { sourceName: "deezer" }));
  await engine.next(track("A", "B", { sourceName: "http" }));
  expect(asked).toEqual(["sprec:mix:track:A/B", "sprec:mix:isrc:XX1", "dzrec:A/B"]);
});

test("a recommender's songs are looked up, by identifier or by name", async () => {
  const { engine, asked } = setUp({ "id-1": [track("A", "B")], "ytmsearch:C D": [track("C", "D")] });
  const recommend = () =>
    Promise.resolve([
      { artist: "A", title: "B", identifier: "id-1", relevance: 0.2, reason: "a favourite" },
      { artist: "C", title: "D", relevance: 0.9, reason: "often follows" },
    ]);
  engine.registerStrategy("recommender", createRecommenderStrategy({ recommend }));
  engine.configure({ strategies: ["recommender"] });
  expect(await engine.next(seed)).toMatchObject({ reason: "often follows", strategy: "recommender" });
  expect(asked).toEqual(["id-1", "ytmsearch:C D"]);
});

test("keeps as much history as it may, and refuses settings that make no sense", () => {
  const { engine } = setUp({}, { maxHistoryTracks: 2 });
  for (const title of ["1", "2", "3"]) engine.played(track("A", title));
  expect(engine.history.map(({ info }) => info.title)).toEqual(["3", "2"]);
  engine.configure({ maxHistoryTracks: 1 });
  expect(engine.history).toHaveLength(1);
  const invalid = expect.objectContaining({ code: "LAVALINK_INVALID_ARGUMENT" });
  expect(() => engine.configure({ varietyRatio: 2 })).toThrow(invalid);
  expect(() => engine.configure({ strategies: [] })).toThrow(invalid);
});

test("lists of places know hosts, their subdomains and sources", () => {
  const sources = createAutoplaySources({ allow: ["youtube.com"] });
  const at = (uri: string, sourceName = "http") => track("A", "B", { uri, sourceName });
  expect(sources.allows(at("https://music.youtube.com/x"))).toBe(true);
  expect(sources.allows(at("https://notyoutube.com/x"))).toBe(false);
  expect(sources.allows(at("not an address"))).toBe(false);
  sources.allow("Deezer");
  expect(sources.allows(at("https://x.invalid/", "deezer"))).toBe(true);
  sources.deny("music.youtube.com");
  expect(sources.allows(at("https://music.youtube.com/x"))).toBe(false);
  expect(sources.allows(at("https://www.youtube.com/x"))).toBe(true);
});

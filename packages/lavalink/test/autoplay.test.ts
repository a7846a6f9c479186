import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startMusicApisSimulator } from "@antiphon/sim/music-apis";
import { createSeededRandom } from "@antiphon/std";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  createAutoplayEngine,
  createLastFmRecommender,
  createListenBrainzRecommender,
  startAutoplay,
  type AutoplayPick,
} from "../src/autoplay/index.ts";
import { eventually, guildId, openWorld, trackOf } from "./world.ts";

async function openAutoplay() {
  const world = await openWorld();
  for (let index = 0; index < 8; index++) {
    const author = `Artist ${index}`;
    world.simulator.catalogue.add({ identifier: `song-${index}`, title: `Song ${index}`, author, lengthMs: 60_000 });
  }
  const engine = createAutoplayEngine({
    guildId,
    load: world.lavalink.load,
    random: createSeededRandom(2),
    clock: world.clock,
    strategies: ["everything"],
  });
  engine.registerStrategy("everything", {
    async suggest({ load }) {
      const result = await load("ytmsearch:song");
      const tracks = result.type === "search" ? result.tracks : [];
      return tracks.map((track) => ({ track, relevance: 1, reason: "it is there" }));
    },
  });
  const picks: AutoplayPick[] = [];
  const autoplay = startAutoplay({
    lavalink: world.lavalink,
    engineOf: () => engine,
    clock: world.clock,
    onPick: (_guildId, pick) => picks.push(pick),
  });
  onTestFinished(() => autoplay[Symbol.dispose]());
  const player = await world.join();
  const starts = () => world.events.filter((event) => event.type === "trackStart").length;
  return { ...world, player, engine, picks, autoplay, starts };
}

describe("startAutoplay", () => {
  test("goes on when the queue is empty, never with a song twice, and ends when disposed", async () => {
    const { clock, lavalink, player, picks, autoplay, starts, events } = await openAutoplay();
    await player.play(trackOf(await lavalink.load("rain")));
    await eventually(() => starts() === 1);
    await clock.advance(95_000);
    for (let song = 2; song <= 5; song++) {
      await eventually(() => starts() === song);
      await clock.advance(60_000);
    }
    await eventually(() => starts() === 6);
    expect(new Set(picks.map(({ track }) => track.info.identifier))).toHaveLength(5);
    expect(picks[0]).toMatchObject({ strategy: "everything", reason: "it is there" });
    autoplay[Symbol.dispose]();
    await clock.advance(60_000);
    await eventually(() => events.at(-1)?.type === "queueEmpty");
    expect(player.current).toBeNull();
  });

  test("learns from skips, also of the last track", async () => {
    const { lavalink, player, engine, starts } = await openAutoplay();
    const skipped: string[] = [];
    const { skipped: learn } = engine;
    Object.assign(engine, {
      skipped: (track: Parameters<typeof learn>[0]) => (skipped.push(track.info.identifier), learn(track)),
    });
    player.queue.add(trackOf(await lavalink.load("morning")));
    await player.play(trackOf(await lavalink.load("rain")));
    await eventually(() => starts() === 1);
    await player.skip();
    await eventually(() => starts() === 2);
    await player.skip();
    await eventually(() => starts() === 3);
    expect(skipped).toEqual(["rain", "morning"]);
  });

  test("follows what played before it was started", async () => {
    const { lavalink, player, engine, autoplay, starts } = await openAutoplay();
    autoplay[Symbol.dispose]();
    await player.play(trackOf(await lavalink.load("rain")));
    await eventually(() => starts() === 1);
    const later = startAutoplay({ lavalink, engineOf: () => engine });
    onTestFinished(() => later[Symbol.dispose]());
    await player.skip();
    await eventually(() => starts() === 2);
    expect(player.current?.info.title).toMatch(/^Song/);
  });

  test("stops after three tracks that fail, until somebody plays something", async () => {
    const { clock, simulator, lavalink, player, picks, starts } = await openAutoplay();
    // A failure is a timer of the node's, so time moves on until what is waited for has come.
    const until = async (condition: () => boolean) => {
      while (!condition()) {
        await clock.advance(1);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    for (let index = 0; index < 8; index++) simulator.faults.failTrack(`song-${index}`, { kind: "exception", atMs: 0 });
    await player.play(trackOf(await lavalink.load("rain")));
    await eventually(() => starts() === 1);
    await clock.advance(95_000);
    await until(() => picks.length === 3 && player.current === null);
    expect(simulator.players).toMatchObject([{ track: null }]);
    expect(picks).toHaveLength(3);
    simulator.faults.heal();
    await player.play(trackOf(await lavalink.load("morning")));
    await eventually(() => starts() === 5);
    await clock.advance(180_000);
    await eventually(() => starts() === 6);
    expect(picks).toHaveLength(4);
  });
});

describe("createLastFmRecommender", () => {
  async function openLastFm(answers: Readonly<Record<string, unknown>>, status = 200) {
    const asked: URLSearchParams[] = [];
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? "/", "http://localhost");
      asked.push(searchParams);
      response.statusCode = status;
      response.end(JSON.stringify(answers[searchParams.get("method") ?? ""] ?? {}));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    });
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/2.0/`;
    const recommender = createLastFmRecommender({ apiKey: "key", apiUrl });
    const seed = { artist: "Aurora Field", title: "First Light" };
    const ask = () => recommender.recommend({ guildId: "1", seed, limit: 3, signal: undefined });
    return { ask, asked };
  }

  test("gives similar songs with their match", async () => {
    const track = [
      { name: "Tidewater", match: 0.83, artist: { name: "Mara Lind" } },
      { name: "B", match: "0.5", artist: { name: "C" } },
    ];
    const { ask, asked } = await openLastFm({ "track.getSimilar": { similartracks: { track } } });
    expect(await ask()).toMatchObject([
      { artist: "Mara Lind", title: "Tidewater", relevance: 0.83 },
      { artist: "C", title: "B", relevance: 0.5 },
    ]);
    expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({
      artist: "Aurora Field",
      track: "First Light",
      limit: "3",
    });
  });

  test("gives the artist's best known songs where it knows none", async () => {
    const track = [{ name: "Dawn", artist: { name: "Aurora Field" } }];
    const { ask } = await openLastFm({
      "track.getSimilar": { error: 6 },
      "artist.getTopTracks": { toptracks: { track } },
    });
    expect(await ask()).toMatchObject([{ title: "Dawn", reason: "among the best known of Aurora Field (Last.fm)" }]);
  });

  test("says when it is refused", async () => {
    const { ask } = await openLastFm({}, 429);
    const failure = await ask().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "LAVALINK_AUTOPLAY_FAILED", retryable: true });
    expect(String(failure)).not.toContain("key");
  });
});

describe("createListenBrainzRecommender", () => {
  async function openListenBrainz() {
    const music = await startMusicApisSimulator({
      recordings: [
        { artist: "Aurora Field", title: "First Light", tags: { dreampop: 100, calm: 60 } },
        { artist: "Aurora Field", title: "Alone", tags: { unheard: 100 } },
        { artist: "Mara Lind", title: "Tidewater", tags: { dreampop: 90, calm: 50 } },
        { artist: "Iron Orchard", title: "Furnace", tags: { metal: 100 } },
      ],
    });
    onTestFinished(() => music.close());
    const { listenbrainz: apiUrl, listenbrainzLabs: labsUrl } = music.urls;
    const recommender = createListenBrainzRecommender({ apiUrl, labsUrl });
    const ask = (title: string) => {
      const seed = { artist: "Aurora Field", title };
      return recommender.recommend({ guildId: "1", seed, limit: 3, signal: undefined });
    };
    return { music, ask };
  }

  test("gives what was heard in the same sessions, the most often heard first", async () => {
    const { music, ask } = await openListenBrainz();
    const reason = "heard together with First Light (ListenBrainz)";
    expect(await ask("First Light")).toMatchObject([{ artist: "Mara Lind", title: "Tidewater", relevance: 1, reason }]);
    expect(music.violations).toEqual([]);
  });

  test("gives the artist's best known songs where nothing was heard beside, and nothing for a song it does not know", async () => {
    const { ask } = await openListenBrainz();
    const reason = "among the best known of Aurora Field (ListenBrainz)";
    expect(await ask("Alone")).toMatchObject([
      { title: "First Light", relevance: 0.5, reason },
      { title: "Alone", relevance: 0.5, reason },
    ]);
    expect(await ask("Never Recorded")).toEqual([]);
  });

  test("says when it is refused", async () => {
    const { music, ask } = await openListenBrainz();
    music.faults.add({ service: "listenbrainz", kind: "status", status: 503 });
    expect(await ask("First Light").catch((error: unknown) => error)).toMatchObject({
      code: "LAVALINK_AUTOPLAY_FAILED",
      retryable: true,
    });
  });
});

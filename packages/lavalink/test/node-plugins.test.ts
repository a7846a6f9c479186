import type { LavalinkSimulator } from "@antiphon/sim/lavalink";
import { expect, test } from "vitest";
import {
  configureLavaSrc,
  currentLyrics,
  freeAddress,
  freeAllAddresses,
  lavaDspx,
  lavaSearch,
  lavaSrcInfoOf,
  lavaSrcSearchPrefixes,
  lyricsOf,
  routePlannerStatus,
  setSponsorBlockCategories,
  sponsorBlockCategories,
  subscribeLyrics,
  toLyricsEvent,
  toSponsorBlockEvent,
  unsubscribeLyrics,
} from "../src/node-plugins/index.ts";
import { guildId, openWorld } from "./world.ts";

const playerPath = (simulator: LavalinkSimulator, rest: string) =>
  `/v4/sessions/${simulator.sessions[0]?.sessionId}/players/${guildId}${rest}`;
const answering = (body?: unknown) => () => (body === undefined ? { status: 204 } : { status: 200, body });

test("LavaSearch finds tracks and lists, or nothing", async () => {
  const { lavalink, simulator } = await openWorld();
  const track = simulator.catalogue.load("rain");
  if (track.loadType !== "track") throw new Error("rain is a track");
  const album = {
    info: { name: "Weather" },
    pluginInfo: { type: "album", url: "https://x.invalid/a", totalTracks: 9 },
    tracks: [],
  };
  const found = {
    tracks: [track.data],
    albums: [album],
    artists: null,
    playlists: [],
    texts: [{ text: "rain man" }],
    plugin: {},
  };
  simulator.setRoute("GET", "/v4/loadsearch", ({ query }) =>
    query.get("query") === "spsearch:rain" ? { status: 200, body: found } : { status: 204 },
  );
  expect(await lavaSearch(lavalink, "spsearch:rain", { types: ["track", "album"] })).toMatchObject({
    tracks: [{ info: { identifier: "rain" } }],
    albums: [{ name: "Weather", url: "https://x.invalid/a", author: null, totalTracks: 9 }],
    artists: [],
    texts: ["rain man"],
  });
  expect(simulator.requests.at(-1)?.query).toBe("query=spsearch%3Arain&types=track%2Calbum");
  expect((await lavaSearch(lavalink, "spsearch:nothing")).tracks).toEqual([]);
  simulator.setRoute("GET", "/v4/loadsearch", answering({ tracks: "many" }));
  await expect(lavaSearch(lavalink, "x")).rejects.toMatchObject({ code: "LAVALINK_BAD_RESPONSE" });
});

test("LavaLyrics gives lyrics, and tells each line", async () => {
  const { lavalink, simulator, join, next } = await openWorld();
  const player = await join();
  const lyrics = {
    sourceName: "spotify",
    provider: "M",
    text: null,
    lines: [{ timestamp: 1000, duration: 500, line: "Rain" }],
  };
  const read = {
    sourceName: "spotify",
    provider: "M",
    text: null,
    lines: [{ atMs: 1000, durationMs: 500, text: "Rain" }],
  };
  simulator.setRoute("GET", playerPath(simulator, "/track/lyrics"), answering(lyrics));
  simulator.setRoute("GET", "/v4/lyrics", answering());
  simulator.setRoute("POST", playerPath(simulator, "/lyrics/subscribe"), answering());
  simulator.setRoute("DELETE", playerPath(simulator, "/lyrics/subscribe"), answering());
  expect(await currentLyrics(lavalink, player)).toEqual(read);
  expect(await lyricsOf(lavalink, "QAAA", { skipTrackSource: true })).toBeNull();
  await subscribeLyrics(lavalink, player);
  await unsubscribeLyrics(lavalink, player);
  expect(simulator.requests.slice(-4).map(({ method, query }) => [method, query])).toEqual([
    ["GET", "skipTrackSource=false"],
    ["GET", "track=QAAA&skipTrackSource=true"],
    ["POST", "skipTrackSource=false"],
    ["DELETE", ""],
  ]);
  const told = async (event: object) => {
    const message = next("nodeMessage");
    simulator.faults.sendRaw(JSON.stringify({ op: "event", guildId, ...event }));
    return message;
  };
  const line = await told({ type: "LyricsLineEvent", lineIndex: 3, line: lyrics.lines[0], skipped: true });
  expect(line).toMatchObject({ guildId, node: "node0", name: "LyricsLineEvent" });
  expect(toLyricsEvent(line)).toEqual({ type: "line", index: 3, line: read.lines[0], isSkipped: true });
  expect(toLyricsEvent(await told({ type: "LyricsFoundEvent", lyrics }))).toEqual({ type: "found", lyrics: read });
  expect(toLyricsEvent(await told({ type: "LyricsNotFoundEvent" }))).toEqual({ type: "notFound" });
  expect(toLyricsEvent(await told({ type: "MixStartedEvent" }))).toBeUndefined();
});

test("SponsorBlock's categories are set, and its events are read", async () => {
  const { lavalink, simulator, join, next } = await openWorld();
  const player = await join();
  const path = playerPath(simulator, "/sponsorblock/categories");
  let categories: unknown = [];
  simulator.setRoute("GET", path, () => ({ status: 200, body: categories }));
  simulator.setRoute("PUT", path, ({ body }) => ((categories = body), { status: 204 }));
  simulator.setRoute("DELETE", path, () => ((categories = []), { status: 204 }));
  await setSponsorBlockCategories(lavalink, player, ["sponsor", "music_offtopic"]);
  expect(await sponsorBlockCategories(lavalink, player)).toEqual(["sponsor", "music_offtopic"]);
  await setSponsorBlockCategories(lavalink, player, []);
  expect(await sponsorBlockCategories(lavalink, player)).toEqual([]);
  const message = next("nodeMessage");
  const segment = { category: "sponsor", start: 1000, end: 4000 };
  simulator.faults.sendRaw(JSON.stringify({ op: "event", type: "SegmentSkipped", guildId, segment }));
  expect(toSponsorBlockEvent(await message)).toEqual({
    type: "segmentSkipped",
    segment: { category: "sponsor", startMs: 1000, endMs: 4000 },
  });
  const event = { type: "nodeMessage", node: "n", guildId } as const;
  const chapter = { name: "One", start: 0, end: 5 };
  const read = { name: "One", startMs: 0, endMs: 5 };
  expect(toSponsorBlockEvent({ ...event, name: "ChapterStarted", data: { chapter } })).toMatchObject({ chapter: read });
  expect(toSponsorBlockEvent({ ...event, name: "ChaptersLoaded", data: { chapters: [chapter] } })).toMatchObject({
    chapters: [read],
  });
  expect(toSponsorBlockEvent({ ...event, name: "SegmentsLoaded", data: { segments: [segment] } })).toMatchObject({
    segments: [{ startMs: 1000 }],
  });
  expect(toSponsorBlockEvent({ ...event, name: "stats", data: {} })).toBeUndefined();
});

test("the route planner tells its state and frees addresses", async () => {
  const { lavalink, simulator } = await openWorld();
  expect(await routePlannerStatus(lavalink)).toBeNull();
  const failingAddresses = [{ failingAddress: "/1.0.0.0", failingTimestamp: 1573520707545, failingTime: "Mon Nov 11" }];
  const details = { ipBlock: { type: "Inet4Address", size: "2" }, failingAddresses, rotateIndex: "1" };
  simulator.setRoute("GET", "/v4/routeplanner/status", answering({ class: "RotatingIpRoutePlanner", details }));
  simulator.setRoute("POST", "/v4/routeplanner/free/address", answering());
  simulator.setRoute("POST", "/v4/routeplanner/free/all", answering());
  expect(await routePlannerStatus(lavalink)).toEqual({
    kind: "RotatingIpRoutePlanner",
    addressKind: "Inet4Address",
    addressCount: "2",
    failing: [{ address: "/1.0.0.0", failedAtMs: 1573520707545 }],
  });
  await freeAddress(lavalink, "1.0.0.0", { node: "node0" });
  expect(simulator.requests.at(-1)?.body).toEqual({ address: "1.0.0.0" });
  await freeAllAddresses(lavalink);
  await expect(freeAllAddresses(lavalink, { node: "mars" })).rejects.toThrow(
    'there is no node "mars". Use one of: node0.',
  );
});

test("LavaSrc's facts are read, its settings changed, and LavaDSPX's effects become filters", async () => {
  const { lavalink, simulator, join } = await openWorld();
  simulator.setRoute("PATCH", "/v4/lavasrc/config", answering());
  await configureLavaSrc(lavalink, { spotify: { spDc: "x" } });
  expect(simulator.requests.at(-1)?.body).toEqual({ spotify: { spDc: "x" } });
  expect(lavaSrcInfoOf({ pluginInfo: {} })).toBeNull();
  expect(lavaSrcInfoOf({ pluginInfo: { albumName: "Weather", isPreview: true } })).toMatchObject({
    albumName: "Weather",
    albumUrl: null,
    isPreview: true,
  });
  expect(await lavalink.search("rain", lavaSrcSearchPrefixes.spotify)).toMatchObject({ type: "search" });
  const { filters } = await join();
  await filters.set(
    "hall",
    lavaDspx({ echo: { lengthSeconds: 0.5, decay: 0.4 }, highPass: { cutoffFrequencyHz: 80 } }),
  );
  await filters.set("loud", lavaDspx({ normalization: { maximumAmplitude: 0.9 } }));
  expect(simulator.players).toMatchObject([
    {
      filters: {
        pluginFilters: {
          "high-pass": { cutoffFrequency: 80, boostFactor: 1 },
          normalization: { maxAmplitude: 0.9, adaptive: true },
          echo: { echoLength: 0.5, decay: 0.4 },
        },
      },
    },
  ]);
});

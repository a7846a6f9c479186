import { createManualClock } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import { startMusicApisSimulator, type MusicApisSimulatorOptions } from "../src/music-apis/index.ts";

const userAgent = "tests/1 ( tests@example.invalid )";

async function start(options: MusicApisSimulatorOptions = {}) {
  const clock = createManualClock();
  const simulator = await startMusicApisSimulator({ clock, ...options });
  const { urls, credentials } = simulator;
  const json = async (response: Response) => ({ status: response.status, body: (await response.json()) as never });
  return {
    clock,
    simulator,
    json,
    musicbrainz: (path: string, agent = userAgent) =>
      fetch(`${urls.musicbrainz}${path}`, { headers: { "user-agent": agent } }),
    lastfm: (method: string, query: Readonly<Record<string, string>> = {}) => {
      const search = new URLSearchParams({ method, api_key: credentials.lastfmApiKey, format: "json", ...query });
      return fetch(`${urls.lastfm}?${search.toString()}`);
    },
  };
}

const search = "/recording?fmt=json&query=artist:%22Aurora%20Field%22%20AND%20recording:%22First%20Light%22";

describe("limits", () => {
  test("MusicBrainz answers once a second, refuses what comes sooner, and the violation stays on record", async () => {
    const { simulator, clock, musicbrainz } = await start();
    await using _simulator = simulator;
    expect((await musicbrainz(search)).status).toBe(200);
    await clock.advance(999);
    const tooSoon = await musicbrainz(search);
    expect(tooSoon.status).toBe(503);
    expect(await tooSoon.text()).toContain("exceeding the allowable rate limit");
    await clock.advance(1);
    expect((await musicbrainz(search)).status).toBe(200);
    expect(simulator.violations).toEqual([
      { service: "musicbrainz", rule: "rate", message: "more than 1 requests in 1000 ms", atMs: expect.any(Number) },
    ]);
  });

  test("MusicBrainz wants to know who asks", async () => {
    const { simulator, musicbrainz } = await start();
    await using _simulator = simulator;
    for (const agent of ["node", "curl/8.0", "Mozilla/5.0"])
      expect((await musicbrainz(search, agent)).status).toBe(403);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(["userAgent", "userAgent", "userAgent"]);
  });

  test("who comes back sooner than asked breaks a rule as well", async () => {
    const { simulator, clock, lastfm } = await start();
    await using _simulator = simulator;
    simulator.faults.add({ service: "lastfm", kind: "status", status: 503, retryAfterSeconds: 5 });
    const refused = await lastfm("artist.getTopTags", { artist: "The Lanterns" });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    await clock.advance(4_000);
    expect((await lastfm("artist.getTopTags", { artist: "The Lanterns" })).status).toBe(429);
    await clock.advance(1_000);
    expect((await lastfm("artist.getTopTags", { artist: "The Lanterns" })).status).toBe(200);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(["retryAfter"]);
  });

  test("ListenBrainz tells where a client stands, in its headers", async () => {
    const { simulator, clock } = await start({ limits: { listenbrainz: { limit: 2, windowMs: 10_000 } } });
    await using _simulator = simulator;
    const ask = () => fetch(`${simulator.urls.listenbrainz}/1/user/ada/listens`);
    const shown = async () => {
      const { status, headers } = await ask();
      return [status, headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-reset-in")];
    };
    expect(await shown()).toEqual([200, "1", "10"]);
    await clock.advance(4_000);
    expect(await shown()).toEqual([200, "0", "6"]);
    expect(await shown()).toEqual([429, "0", "6"]);
    expect(simulator.violations).toHaveLength(1);
  });
});

describe("faults", () => {
  test("come in the order of the script, to the requests that they are for", async () => {
    const { simulator, json, clock, lastfm } = await start();
    await using _simulator = simulator;
    const ask = async () => {
      await clock.advance(1_000);
      return lastfm("artist.getTopTags", { artist: "The Lanterns" });
    };
    simulator.faults.add({ service: "lastfm", target: /getSimilar/, kind: "status", status: 500 });
    simulator.faults.add({ service: "lastfm", kind: "lastfmError", error: 29 });
    simulator.faults.add({ service: "lastfm", kind: "truncate" });
    simulator.faults.add({ service: "lastfm", kind: "html" });
    simulator.faults.add({ service: "lastfm", kind: "lie" });
    simulator.faults.add({ service: "lastfm", kind: "cut" });
    expect(await json(await ask())).toMatchObject({ status: 200, body: { error: 29 } });
    await expect((await ask()).json()).rejects.toThrow(SyntaxError);
    const page = await ask();
    expect([page.status, page.headers.get("content-type")]).toEqual([403, "text/html"]);
    expect(await json(await ask())).toMatchObject({ status: 200, body: { toptags: "none" } });
    await expect(ask()).rejects.toThrow("fetch failed");
    expect((await ask()).status).toBe(200);
    await clock.advance(1_000);
    expect((await lastfm("artist.getSimilar", { artist: "The Lanterns" })).status).toBe(500);
    simulator.faults.add({ service: "lastfm", kind: "status", status: 500, times: Infinity });
    simulator.faults.heal();
    expect((await ask()).status).toBe(200);
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 200, 403, 200, 0, 200, 500, 200]);
    expect(JSON.stringify(simulator.requests)).not.toContain(simulator.credentials.lastfmApiKey);
  });

  test("a slow answer waits for the clock, and one that hangs for its client or the end", async () => {
    const { simulator, clock, musicbrainz, lastfm } = await start();
    await using _simulator = simulator;
    simulator.faults.add({ service: "musicbrainz", kind: "slow", delayMs: 5_000 });
    simulator.faults.add({ service: "lastfm", kind: "hang", times: 2 });
    const slow = musicbrainz(search);
    await expect.poll(() => simulator.delayed, { timeout: 60_000 }).toBe(1);
    await clock.advance(5_000);
    expect((await slow).status).toBe(200);
    const controller = new AbortController();
    const url = `${simulator.urls.lastfm}?method=x`;
    const given = fetch(url, { signal: controller.signal });
    given.catch(() => {});
    await expect.poll(() => simulator.delayed, { timeout: 60_000 }).toBe(1);
    controller.abort();
    await expect(given).rejects.toThrow();
    await expect.poll(() => simulator.delayed, { timeout: 60_000 }).toBe(0);
    const hanging = lastfm("x");
    hanging.catch(() => {});
    await expect.poll(() => simulator.delayed, { timeout: 60_000 }).toBe(1);
    await Promise.all([simulator.close(), simulator.close()]);
    await expect(hanging).rejects.toThrow();
  });
});

test("Last.fm's odd ways: one element that is no list, what plays now without a date and beyond the limit, numbers as text", async () => {
  const { simulator, json, lastfm } = await start();
  await using _simulator = simulator;
  const { catalogue } = simulator;
  const [recording] = catalogue.recordings;
  if (recording === undefined) throw new Error("the catalogue is empty");
  catalogue.addListen("ada", recording, 1_700_000_000_000);
  const recent = () => lastfm("user.getRecentTracks", { user: "ada", limit: "1" });
  expect(await json(await recent())).toMatchObject({
    body: { recenttracks: { track: { date: { uts: "1700000000" } }, "@attr": { total: "1", totalPages: "1" } } },
  });
  catalogue.setNowPlaying("ada", recording);
  const { body } = await json(await recent());
  expect((body as { recenttracks: { track: object[] } }).recenttracks.track).toEqual([
    expect.not.objectContaining({ date: expect.anything() }),
    expect.objectContaining({ date: expect.anything() }),
  ]);
  expect(await json(await lastfm("track.getTopTags", { artist: "x", track: "y" }))).toMatchObject({
    body: { error: 6 },
  });
  expect(await json(await lastfm("artist.getTopTags", { api_key: "wrong" }))).toMatchObject({
    status: 403,
    body: { error: 10 },
  });
});

test("Spotify refuses what it took away from new applications, and tokens end", async () => {
  const { simulator, clock } = await start();
  await using _simulator = simulator;
  const { spotifyClientId, spotifyClientSecret } = simulator.credentials;
  const basic = Buffer.from(`${spotifyClientId}:${spotifyClientSecret}`).toString("base64");
  const answer = await fetch(`${simulator.urls.spotifyAccounts}/api/token`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  });
  const { access_token: token } = (await answer.json()) as { readonly access_token: string };
  const ask = async (path: string) =>
    (await fetch(`${simulator.urls.spotify}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await ask("/v1/search?type=track&q=isrc:none")).toBe(200);
  expect(await ask("/v1/recommendations")).toBe(403);
  await clock.advance(3_600_000);
  expect(await ask("/v1/search?type=track&q=isrc:none")).toBe(401);
});

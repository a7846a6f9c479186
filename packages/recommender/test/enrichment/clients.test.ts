import { createHmac } from "node:crypto";
import { createSecret } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import {
  createCyaniteClient,
  createLastFmClient,
  createListenBrainzClient,
  createMusicBrainzClient,
  createSpotifyClient,
  isCyaniteWebhook,
} from "@antiphon/recommender/enrichment";
import { startServices } from "./simulated-services.ts";

const listenedMs = Date.UTC(2025, 5, 1);

describe("Last.fm", () => {
  async function setup() {
    const services = await startServices();
    const { simulator, shared } = services;
    const client = createLastFmClient({
      ...shared,
      baseUrl: simulator.urls.lastfm,
      apiKey: simulator.credentials.lastfmApiKey,
    });
    return { ...services, client };
  }

  test("gives tags with weights, of a track and of an artist, and undefined for what it does not know", async () => {
    const { client, finish, simulator, ...services } = await setup();
    await using _services = services;
    expect((await finish(client.trackTags("Aurora Field", "first light")))?.slice(0, 2)).toEqual([
      { name: "dreampop", weight: 1 },
      { name: "dreamy", weight: 0.8 },
    ]);
    expect((await finish(client.artistTags("Iron Orchard")))?.[0]).toEqual({ name: "metal", weight: 1 });
    expect(await finish(client.trackTags("Nobody", "Nothing"))).toBeUndefined();
    expect(simulator.violations).toEqual([]);
  });

  test("gives similar tracks and artists with matches that are numbers, whatever they were sent as", async () => {
    const { client, finish, ...services } = await setup();
    await using _services = services;
    const [similar] = await finish(client.similarTracks("Aurora Field", "First Light"));
    expect(similar).toEqual({ artist: "The Lanterns", title: "Harbour", match: 0.2 });
    expect(await finish(client.similarArtists("Aurora Field"))).toEqual([{ artist: "The Lanterns", match: 0.2 }]);
    expect(await finish(client.similarTracks("Nobody", "Nothing"))).toEqual([]);
  });

  test("reads all pages of a history while the user goes on listening, without what plays now", async () => {
    const { client, finish, recording, simulator, ...services } = await setup();
    await using _services = services;
    const { catalogue } = simulator;
    const first = recording(0);
    for (let index = 0; index < 450; index++) catalogue.addListen("ada", first, listenedMs + index * 1_000);
    catalogue.setNowPlaying("ada", first);
    const seen = new Set<number>();
    const reading = (async () => {
      for await (const listen of client.listens("ada")) {
        if (seen.size === 100) catalogue.addListen("ada", first, Date.UTC(2026, 0, 1) + 60_000);
        expect(seen.has(listen.listenedAtMs)).toBe(false);
        seen.add(listen.listenedAtMs);
      }
    })();
    await finish(reading);
    expect(seen.size).toBe(450);
    const range = { fromMs: listenedMs + 10_000, toMs: listenedMs + 12_000 };
    const some = await finish(Array.fromAsync(client.listens("ada", range)));
    expect(some.map(({ listenedAtMs }) => (listenedAtMs - listenedMs) / 1_000)).toEqual([11, 10]);
    expect(some[0]).toMatchObject({ artist: "Aurora Field", title: "First Light", releaseTitle: "First Light" });
  });

  test("takes one listen that is no list, and a history without any", async () => {
    const { client, finish, recording, simulator, ...services } = await setup();
    await using _services = services;
    simulator.catalogue.addListen("solo", recording(1), listenedMs);
    expect(await finish(Array.fromAsync(client.listens("solo")))).toHaveLength(1);
    expect(await finish(Array.fromAsync(client.listens("nobody")))).toEqual([]);
  });

  test("falls back to the artist's tags at half weight", async () => {
    const { client, finish, simulator, ...services } = await setup();
    await using _services = services;
    simulator.catalogue.add({ artist: "Iron Orchard", title: "B-Side" });
    expect((await finish(client.describe({ artist: "Iron Orchard", title: "B-Side" })))?.tags?.[0]).toEqual({
      name: "metal",
      weight: 0.5,
    });
    expect(await finish(client.describe({ artist: "Nobody", title: "Nothing" }))).toBeUndefined();
  });
});

describe("MusicBrainz", () => {
  async function setup() {
    const services = await startServices();
    const client = createMusicBrainzClient({ ...services.shared, baseUrl: services.simulator.urls.musicbrainz });
    return { ...services, client };
  }

  test("is asked once a second at the most, by somebody with a name", async () => {
    const { client, finish, simulator, sent, ...services } = await setup();
    await using _services = services;
    const titles = Array.from({ length: 8 }, (_, index) => `Song ${index}`);
    await finish(Promise.all(titles.map((title) => client.searchRecordings("Aurora Field", title))));
    expect(sent).toHaveLength(8);
    expect(simulator.violations).toEqual([]);
    const times = simulator.requests.map(({ atMs }) => atMs);
    expect(times.slice(1).every((atMs, index) => atMs - (times[index] ?? 0) >= 1_000)).toBe(true);
    expect(() => createMusicBrainzClient({ userAgent: "curl" })).toThrow(/name\/version/);
  });

  test("describes a track by search or id, and takes nothing of another name", async () => {
    const { client, finish, recording, ...services } = await setup();
    await using _services = services;
    const { recordingId, artistId, isrc } = recording(1);
    expect(
      await finish(client.describe({ artist: "the lanterns", title: "Harbour (Official Video)" })),
    ).toBeUndefined();
    const found = await finish(client.describe({ artist: "the lanterns", title: "HARBOUR" }));
    expect(found).toMatchObject({ recordingId, artistIds: [artistId], durationMs: 200_000, releaseYear: 2001 });
    expect(await finish(client.describe({ artist: "x", title: "y", recordingId }))).toMatchObject({ isrc });
    expect(await finish(client.describe({ artist: "The Lanterns", title: 'Quoted "title" \\' }))).toBeUndefined();
    expect(await finish(client.recording("00000000-0000-4000-8000-000000000000"))).toBeUndefined();
  });
});

describe("ListenBrainz", () => {
  async function setup(limit = 30) {
    const services = await startServices({ limits: { listenbrainz: { limit, windowMs: 10_000 } } });
    const { listenbrainz: baseUrl, listenbrainzLabs: labsUrl } = services.simulator.urls;
    const client = createListenBrainzClient({ ...services.shared, baseUrl, labsUrl });
    return { ...services, client };
  }

  test("describes a track without any key", async () => {
    const { client, finish, recording, ...services } = await setup();
    await using _services = services;
    const { recordingId, artistId } = recording(0);
    const found = await finish(client.describe({ artist: "Aurora Field", title: "First Light" }));
    expect(found).toMatchObject({ recordingId, artistIds: [artistId], releaseYear: 2001, durationMs: 200_000 });
    expect(found?.tags?.[0]).toEqual({ name: "dreampop", weight: 1 });
    expect(await finish(client.describe({ artist: "Nobody", title: "Nothing" }))).toBeUndefined();
    expect(await finish(client.similarArtists(artistId))).toMatchObject([{ artist: "The Lanterns", score: 200 }]);
  });

  test("obeys a limit that only its headers tell", async () => {
    const { client, finish, simulator, clock, ...services } = await setup(3);
    await using _services = services;
    const beganMs = clock.monotonicMs();
    const titles = Array.from({ length: 7 }, (_, index) => `Song ${index}`);
    await finish(Promise.all(titles.map((title) => client.describe({ artist: "Aurora Field", title }))));
    expect(simulator.violations).toEqual([]);
    expect(clock.monotonicMs() - beganMs).toBeGreaterThan(18_000);
  });

  test("reads a long history once, also where many listens share the second at the border of a page", async () => {
    const { client, finish, recording, simulator, ...services } = await setup();
    await using _services = services;
    const { catalogue } = simulator;
    const [first, second, third] = [recording(0), recording(1), recording(2)];
    for (let index = 0; index < 999; index++) catalogue.addListen("ada", first, listenedMs + index * 1_000);
    for (const each of [second, third]) catalogue.addListen("ada", each, listenedMs - 5_000);
    catalogue.addListen("ada", first, listenedMs - 90_000);
    const all = await finish(Array.fromAsync(client.listens("ada")));
    expect(all).toHaveLength(1_002);
    expect(new Set(all.map(({ title, listenedAtMs }) => `${title} ${listenedAtMs}`)).size).toBe(1_002);
    const recent = await finish(Array.fromAsync(client.listens("ada", { fromMs: listenedMs + 997_000 })));
    expect(recent).toHaveLength(2);
  });
});

describe("Cyanite", () => {
  async function setup() {
    const services = await startServices();
    const { simulator, shared } = services;
    const accessToken = simulator.credentials.cyaniteAccessToken;
    const client = createCyaniteClient({ ...shared, baseUrl: simulator.urls.cyanite, accessToken });
    return { ...services, client };
  }

  test("gives what was heard in a track, and undefined until it was", async () => {
    const { client, finish, recording, ...services } = await setup();
    await using _services = services;
    const [heard, unheard] = [recording(0), recording(4)];
    expect(await finish(client.analysis({ libraryTrackId: heard.libraryTrackId }))).toEqual({
      valence: 0.3,
      arousal: -0.4,
      tags: [
        { name: "happy", weight: 1 },
        { name: "calm", weight: 1 },
        { name: "dreampop", weight: 1 },
      ],
      beatsPerMinute: 84,
    });
    expect(await finish(client.describe({ artist: "", title: "", spotifyId: heard.spotifyId }))).toMatchObject({
      heardMood: { valence: 0.3, arousal: -0.4 },
    });
    expect(await finish(client.analysis({ libraryTrackId: unheard.libraryTrackId }))).toBeUndefined();
    expect(await finish(client.enqueue(unheard.libraryTrackId))).toBe(true);
    expect(await finish(client.enqueue("17"))).toBe(false);
    expect(await finish(client.describe({ artist: "a", title: "b" }))).toBeUndefined();
  });

  test("knows a webhook that Cyanite signed from one that somebody else did", () => {
    const secret = createSecret("webhook-secret");
    const body = Buffer.from('{"event":{"type":"IntegrationTest"}}');
    const signature = createHmac("sha512", "webhook-secret").update(body).digest("hex");
    expect(isCyaniteWebhook(body, signature, secret)).toBe(true);
    expect(isCyaniteWebhook(body, signature.replace(/^./, "x"), secret)).toBe(false);
    expect(isCyaniteWebhook(Buffer.from("{}"), signature, secret)).toBe(false);
    expect(isCyaniteWebhook(body, undefined, secret)).toBe(false);
  });
});

describe("Spotify", () => {
  async function setup(clientSecret?: string) {
    const services = await startServices();
    const { urls, credentials } = services.simulator;
    const client = createSpotifyClient({
      ...services.shared,
      baseUrl: urls.spotify,
      accountsUrl: urls.spotifyAccounts,
      clientId: credentials.spotifyClientId,
      clientSecret: clientSecret ?? credentials.spotifyClientSecret,
    });
    return { ...services, client };
  }

  test("finds tracks by code and by name with one token, and gets another when it ends", async () => {
    const { client, finish, recording, simulator, clock, ...services } = await setup();
    await using _services = services;
    const { isrc, spotifyId } = recording(2);
    expect(await finish(client.describe({ artist: "", title: "", isrc }))).toMatchObject({ spotifyId, isrc });
    expect(await finish(client.describe({ artist: "Iron Orchard", title: "Furnace" }))).toMatchObject({ spotifyId });
    const tokens = () => simulator.requests.filter(({ target }) => target === "/api/token").length;
    expect(tokens()).toBe(1);
    await clock.advance(3_600_000);
    await finish(client.searchTracks({ artist: "The Lanterns", title: "Harbour" }));
    expect(tokens()).toBe(2);
    simulator.faults.add({ service: "spotify", kind: "status", status: 401 });
    await finish(client.searchTracks({ artist: "The Lanterns", title: "Glass" }));
    expect(tokens()).toBe(3);
  });

  test("is refused with a wrong secret, which is shown nowhere", async () => {
    const { client, finish, ...services } = await setup("a-wrong-secret");
    await using _services = services;
    const failure = await finish(client.searchTracks({ isrc: "QZ1" }).catch((error: unknown) => error));
    expect(failure).toMatchObject({ code: "RECOMMENDER_API_REFUSED" });
    expect(JSON.stringify(failure)).not.toContain("a-wrong-secret");
  });
});

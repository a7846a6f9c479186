import { createHealthMonitor } from "@antiphon/patterns/health";
import { describe, expect, test } from "vitest";
import {
  createCyaniteClient,
  createLastFmClient,
  createListenBrainzClient,
  createMusicAnalyzer,
  createMusicBrainzClient,
  createSpotifyClient,
  tagSourceOf,
  type ServiceOptions,
} from "@antiphon/recommender/enrichment";
import { createMoodAnalyzer } from "@antiphon/recommender/mood";
import { startServices, type SimulatedServices } from "./simulated-services.ts";

function providersOf({ simulator, shared }: SimulatedServices, options: ServiceOptions = {}) {
  const { urls, credentials } = simulator;
  const all = { ...shared, ...options };
  return [
    createListenBrainzClient({ ...all, baseUrl: urls.listenbrainz, labsUrl: urls.listenbrainzLabs }),
    createMusicBrainzClient({ ...all, baseUrl: urls.musicbrainz }),
    createLastFmClient({ ...all, baseUrl: urls.lastfm, apiKey: credentials.lastfmApiKey }),
    createSpotifyClient({
      ...all,
      baseUrl: urls.spotify,
      accountsUrl: urls.spotifyAccounts,
      clientId: credentials.spotifyClientId,
      clientSecret: credentials.spotifyClientSecret,
    }),
    createCyaniteClient({ ...all, baseUrl: urls.cyanite, accessToken: credentials.cyaniteAccessToken }),
  ];
}

const tracks = [
  { artist: "Aurora Field", title: "First Light" },
  { artist: "Iron Orchard", title: "Furnace" },
  { artist: "Nobody", title: "Nothing" },
];

describe("createMusicAnalyzer", () => {
  test("needs no arguments: the services without keys are asked then, and nothing before", async () => {
    await using analyzer = createMusicAnalyzer();
    expect(analyzer.services).toEqual(["listenbrainz", "musicbrainz"]);
    expect(analyzer.getStats()).toMatchObject({ analyzed: 0, services: [{ requests: 0 }, { requests: 0 }] });
    const credentials = { lastfmApiKey: "k", spotify: { clientId: "i", clientSecret: "s" }, cyaniteAccessToken: "t" };
    await using keyed = createMusicAnalyzer({ credentials });
    expect(keyed.services).toEqual(["listenbrainz", "musicbrainz", "lastfm", "spotify", "cyanite"]);
  });

  test("without arguments but its way out, it analyses against the addresses of the real services", async () => {
    await using services = await startServices();
    const hosts = new Set<string>();
    // Leads the real addresses to the simulator.
    const http = {
      send: (request: Parameters<typeof services.shared.http.send>[0]) => {
        const url = new URL(request.url);
        hosts.add(url.host);
        const { urls } = services.simulator;
        const [from, to] = url.host.startsWith("musicbrainz")
          ? ["https://musicbrainz.org/ws/2", urls.musicbrainz]
          : ["https://api.listenbrainz.org", urls.listenbrainz];
        return services.shared.http.send({ ...request, url: request.url.replace(from, to) });
      },
    };
    await using analyzer = createMusicAnalyzer({ http, clock: services.clock });
    await using bare = createMusicAnalyzer();
    expect(analyzer.services).toEqual(bare.services);
    const [analysis] = await services.finish(analyzer.analyzeTracks(tracks.slice(0, 1)));
    expect([...hosts]).toEqual(["api.listenbrainz.org", "musicbrainz.org"]);
    expect(analysis).toMatchObject({ status: "complete", answeredBy: ["listenbrainz", "musicbrainz"] });
    expect(services.simulator.violations).toEqual([]);
  });

  test("gives a result for each track, with what all services know of it and its mood", async () => {
    await using services = await startServices();
    await using analyzer = createMusicAnalyzer({ providers: providersOf(services), clock: services.clock });
    const done: number[] = [];
    const results = await services.finish(
      analyzer.analyzeTracks(tracks, { onProgress: (progress) => done.push(progress.done) }),
    );
    const { recordingId, isrc, spotifyId } = services.recording(0);
    expect(results.map(({ title, status }) => `${title}: ${status}`)).toEqual([
      "First Light: complete",
      "Furnace: complete",
      "Nothing: unknown",
    ]);
    expect(results[0]).toMatchObject({
      artist: "Aurora Field",
      metadata: { recordingId, isrc, spotifyId, releaseYear: 2001, heardMood: { valence: 0.3 }, beatsPerMinute: 84 },
      mood: { quadrant: "calm" },
      answeredBy: ["listenbrainz", "musicbrainz", "lastfm", "spotify", "cyanite"],
      failures: [],
    });
    expect(results[1]?.mood.quadrant).toBe("tense");
    expect(results[2]).toMatchObject({ metadata: {}, mood: { quadrant: "unknown" }, answeredBy: [] });
    expect(done).toEqual([1, 2, 3]);
    expect(services.simulator.violations).toEqual([]);
  });

  test("a service that fails costs its own part only, and the statistics tell", async () => {
    await using services = await startServices();
    services.simulator.faults.add({ service: "musicbrainz", kind: "status", status: 500, times: Infinity });
    const providers = providersOf(services, { maxAttempts: 2, failureThreshold: 2 });
    await using analyzer = createMusicAnalyzer({ providers, clock: services.clock, maxConcurrent: 1 });
    const results = await services.finish(analyzer.analyzeTracks(tracks));
    expect(results.map(({ status }) => status)).toEqual(["partial", "partial", "failed"]);
    expect(results.map(({ failures }) => failures[0]?.code)).toEqual([
      "RECOMMENDER_API_UNAVAILABLE",
      "RECOMMENDER_API_CIRCUIT_OPEN",
      "RECOMMENDER_API_CIRCUIT_OPEN",
    ]);
    expect(results[0]?.answeredBy).toEqual(["listenbrainz", "lastfm", "spotify", "cyanite"]);
    const stats = analyzer.getStats();
    expect(stats).toMatchObject({ analyzed: 3, byStatus: { complete: 0, partial: 2, unknown: 0, failed: 1 } });
    expect(stats.averageAnalysisMs).toBeGreaterThan(0);
    expect(stats.services.find(({ service }) => service === "musicbrainz")).toMatchObject({
      requests: 2,
      failed: 2,
      circuitState: "open",
    });
  });

  test("a signal and the end of its scope end an analysis", async () => {
    await using services = await startServices();
    services.simulator.faults.add({ service: "listenbrainz", kind: "hang", times: 2 });
    const analyzer = createMusicAnalyzer({ providers: providersOf(services), clock: services.clock });
    const controller = new AbortController();
    const given = analyzer.analyzeTracks(tracks.slice(0, 1), { signal: controller.signal });
    given.catch(() => {});
    await expect.poll(() => services.simulator.delayed, { timeout: 60_000 }).toBe(1);
    controller.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    const running = analyzer.analyzeTracks(tracks);
    running.catch(() => {});
    await analyzer.close();
    await expect(running).rejects.toMatchObject({ code: "RECOMMENDER_PROCESSOR_CLOSED" });
  });
});

test("the mood of a track comes from the tags of a service", async () => {
  await using services = await startServices();
  const [, , lastfm] = providersOf(services);
  const analyzer = createMoodAnalyzer({ tagSource: tagSourceOf(lastfm ?? { describe: async () => undefined }) });
  const mood = await services.finish(analyzer.analyzeTrack("Discotheque Nine", "Glitter Rain"));
  expect(mood).toMatchObject({ quadrant: "excited", tagSourceError: undefined });
  expect(mood.evidence.map(({ tag }) => tag)).toContain("disco");
  services.simulator.faults.add({ service: "lastfm", kind: "lie", times: Infinity });
  const unknown = await services.finish(analyzer.analyzeTrack("The Lanterns", "Harbour"));
  expect(unknown).toMatchObject({ quadrant: "unknown", tagSourceError: { code: "RECOMMENDER_API_RESPONSE_INVALID" } });
});

test("a health monitor watches the services, shares its breakers with the clients, and reports", async () => {
  await using services = await startServices();
  const { simulator, shared, clock, finish } = services;
  await using monitor = createHealthMonitor({ clock });
  const circuitOf = (name: string): NonNullable<ServiceOptions["circuit"]> => ({
    execute: (task, options = {}) =>
      monitor.callWithCircuitBreaker(name, () => task({ signal: options.signal ?? new AbortController().signal })),
  });
  const lastfm = createLastFmClient({
    ...shared,
    baseUrl: simulator.urls.lastfm,
    apiKey: simulator.credentials.lastfmApiKey,
    circuit: circuitOf("lastfm"),
    cacheLimit: 0,
    maxAttempts: 1,
  });
  const musicbrainz = createMusicBrainzClient({
    ...shared,
    baseUrl: simulator.urls.musicbrainz,
    circuit: circuitOf("musicbrainz"),
    cacheLimit: 0,
    maxAttempts: 1,
  });
  const { artist, title } = services.recording(0);
  const circuitBreaker = { failureThreshold: 2 };
  for (const client of [lastfm, musicbrainz])
    monitor.registerService(client.name, (options) => client.describe({ artist, title }, options), { circuitBreaker });
  expect(await finish(monitor.checkServiceHealth("lastfm"))).toMatchObject({ success: true });
  simulator.faults.add({ service: "musicbrainz", kind: "status", status: 500, times: Infinity });
  await finish(monitor.checkAllServices());
  await finish(monitor.checkAllServices());
  await finish(monitor.checkAllServices());
  const report = monitor.report();
  expect(report).toMatchObject({
    timestamp: expect.any(Number),
    overall_status: "unhealthy",
    services: {
      lastfm: {
        status: "healthy",
        success_rate: 1,
        response_time: expect.any(Number),
        circuit_breaker_state: "closed",
      },
      musicbrainz: { status: "unhealthy", success_rate: 0, circuit_breaker_state: "open" },
    },
  });
  // The third check met the open breaker, and the service was left alone.
  expect(simulator.requests.filter(({ service }) => service === "musicbrainz")).toHaveLength(2);
  expect(musicbrainz.stats().circuitState).toBeUndefined();
});

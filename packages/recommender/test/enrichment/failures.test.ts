import { isAntiphonError } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import {
  createLastFmClient,
  createMusicBrainzClient,
  isNetworkFailure,
  type ServiceOptions,
} from "@antiphon/recommender/enrichment";
import { startServices } from "./simulated-services.ts";

async function setup(options: ServiceOptions = {}) {
  const services = await startServices();
  const { simulator, shared, finish } = services;
  const client = createLastFmClient({
    ...shared,
    baseUrl: simulator.urls.lastfm,
    apiKey: simulator.credentials.lastfmApiKey,
    ...options,
  });
  let title = 0;
  /** Asks for something that was not asked for before; gives the answer, or the code of the failure. */
  const ask = async () => {
    simulator.catalogue.add({ artist: "The Lanterns", title: `Song ${++title}`, tags: { folk: 100 } });
    try {
      return await finish(client.trackTags("The Lanterns", `Song ${title}`));
    } catch (error) {
      return isAntiphonError(error) ? error.code : error;
    }
  };
  return { ...services, client, ask };
}

const folk = [{ name: "folk", weight: 1 }];

describe("what a service does wrong", () => {
  test("a failure that may pass is tried again, with jitter, and the answer is as if nothing had happened", async () => {
    const { simulator, client, ask, ...services } = await setup();
    await using _services = services;
    const { faults } = simulator;
    faults.add({ service: "lastfm", kind: "status", status: 503 });
    faults.add({ service: "lastfm", kind: "truncate" });
    expect(await ask()).toEqual(folk);
    faults.add({ service: "lastfm", kind: "html", status: 403 });
    faults.add({ service: "lastfm", kind: "cut" });
    expect(await ask()).toEqual(folk);
    faults.add({ service: "lastfm", kind: "lastfmError", error: 16 });
    faults.add({ service: "lastfm", kind: "lastfmError", error: 8, status: 500 });
    expect(await ask()).toEqual(folk);
    expect(client.stats()).toMatchObject({ requests: 9, succeeded: 3, failed: 6, retries: 6, circuitState: "closed" });
    expect(client.stats().successRatio).toBeCloseTo(1 / 3);
    expect(simulator.violations).toEqual([]);
  });

  test("a limit is obeyed for as long as the service says, by every call", async () => {
    const { simulator, ask, clock, shared, ...services } = await setup();
    await using _services = services;
    simulator.faults.add({ service: "lastfm", kind: "lastfmError", error: 29 });
    expect(await ask()).toEqual(folk);
    simulator.faults.add({ service: "musicbrainz", kind: "status", status: 503, retryAfterSeconds: 7 });
    const musicbrainz = createMusicBrainzClient({ ...shared, baseUrl: simulator.urls.musicbrainz });
    const beganMs = clock.monotonicMs();
    await services.finish(Promise.all(["Harbour", "Glass"].map((title) => musicbrainz.searchRecordings("x", title))));
    expect(clock.monotonicMs() - beganMs).toBeGreaterThanOrEqual(7_000);
    expect(simulator.violations).toEqual([]);
  });

  test("a service that wants to be left alone for too long is not waited for, and not asked", async () => {
    const { simulator, client, ask, sent, ...services } = await setup();
    await using _services = services;
    simulator.faults.add({ service: "lastfm", kind: "status", status: 503, retryAfterSeconds: 3_600 });
    expect(await ask()).toBe("RECOMMENDER_API_RATE_LIMITED");
    expect(await ask()).toBe("RECOMMENDER_API_RATE_LIMITED");
    expect(sent).toHaveLength(1);
    const failure = await client.artistTags("x").catch((error: unknown) => error);
    expect(failure).toMatchObject({
      retryable: true,
      details: { service: "lastfm", retryAfterMs: expect.any(Number) },
    });
  });

  test("what will not pass is told at once: a wrong key, an unknown method, an answer of another shape", async () => {
    const { simulator, ask, sent, ...services } = await setup();
    await using _services = services;
    simulator.faults.add({ service: "lastfm", kind: "lie" });
    expect(await ask()).toBe("RECOMMENDER_API_RESPONSE_INVALID");
    simulator.faults.add({ service: "lastfm", kind: "lastfmError", error: 3 });
    expect(await ask()).toBe("RECOMMENDER_API_REFUSED");
    simulator.faults.add({ service: "lastfm", kind: "status", status: 302 });
    expect(await ask()).toBe("RECOMMENDER_API_REFUSED");
    simulator.faults.add({ service: "lastfm", kind: "lastfmError", error: 10, status: 403 });
    expect(await ask()).toBe("RECOMMENDER_API_DENIED");
    expect(sent).toHaveLength(4);
  });

  test("a network failure can be told from every other, whether nobody answers or nothing is there", async () => {
    const { simulator, client, finish, shared, ...services } = await setup({ timeoutMs: 2_000, maxAttempts: 1 });
    await using _services = services;
    const failureOf = (promise: Promise<unknown>) => finish(promise.catch((error: unknown) => error));
    simulator.faults.add({ service: "lastfm", kind: "hang" });
    const silent = await failureOf(client.artistTags("a"));
    expect(silent).toMatchObject({ code: "RECOMMENDER_API_TIMEOUT", retryable: true });
    simulator.faults.add({ service: "lastfm", kind: "cut" });
    const cut = await failureOf(client.artistTags("b"));
    expect(cut).toMatchObject({ code: "RECOMMENDER_API_UNREACHABLE", retryable: true });
    simulator.faults.add({ service: "lastfm", kind: "status", status: 500 });
    const broken = await failureOf(client.artistTags("c"));
    expect([silent, cut, broken].map(isNetworkFailure)).toEqual([true, true, false]);
    simulator.faults.add({ service: "lastfm", kind: "slow", delayMs: 1_000 });
    expect(await finish(client.artistTags("The Lanterns"))).toBeDefined();
    await simulator.close();
    const gone = createLastFmClient({ ...shared, baseUrl: simulator.urls.lastfm, apiKey: "k", maxAttempts: 1 });
    expect(await failureOf(gone.artistTags("d"))).toMatchObject({ code: "RECOMMENDER_API_UNREACHABLE" });
  });

  test("the breaker leaves a broken service alone, tries it once later, and closes again", async () => {
    const { simulator, client, ask, sent, clock, ...services } = await setup({ maxAttempts: 1, failureThreshold: 3 });
    await using _services = services;
    simulator.faults.add({ service: "lastfm", kind: "status", status: 500, times: 4 });
    for (let call = 0; call < 3; call++) expect(await ask()).toBe("RECOMMENDER_API_UNAVAILABLE");
    expect(client.stats().circuitState).toBe("open");
    expect(await ask()).toBe("RECOMMENDER_API_CIRCUIT_OPEN");
    const refusal: unknown = await client.artistTags("another").catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: "RECOMMENDER_API_CIRCUIT_OPEN",
      cause: { code: "RECOMMENDER_API_UNAVAILABLE" },
    });
    expect(sent).toHaveLength(3);
    await clock.advance(30_000);
    expect(client.stats().circuitState).toBe("half_open");
    expect(await ask()).toBe("RECOMMENDER_API_UNAVAILABLE");
    expect(client.stats().circuitState).toBe("open");
    await clock.advance(30_000);
    expect(await ask()).toEqual(folk);
    expect(client.stats().circuitState).toBe("closed");
  });

  test("limits and refusals say nothing against a service", async () => {
    const { simulator, client, ask, ...services } = await setup({ maxAttempts: 1, failureThreshold: 1 });
    await using _services = services;
    for (const error of [29, 10, 3]) simulator.faults.add({ service: "lastfm", kind: "lastfmError", error });
    for (let call = 0; call < 3; call++) await ask();
    expect(client.stats()).toMatchObject({ failed: 3, circuitState: "closed" });
  });
});

test("an answer is kept for a day, and asked for once however many want it at a time", async () => {
  const { simulator, client, finish, clock, sent, ...services } = await setup();
  await using _services = services;
  const ask = () => client.artistTags("The Lanterns");
  const [first, second] = await finish(Promise.all([ask(), ask()]));
  expect(second).toEqual(first);
  await finish(ask());
  expect(sent).toHaveLength(1);
  expect(client.stats().cacheHits).toBe(2);
  await clock.advance(86_400_000);
  await finish(ask());
  expect(sent).toHaveLength(2);
  // That nothing is known is kept for an hour only.
  expect(await finish(client.artistTags("Newcomer"))).toBeUndefined();
  simulator.catalogue.add({ artist: "Newcomer", title: "Debut", tags: { pop: 100 } });
  expect(await finish(client.artistTags("Newcomer"))).toBeUndefined();
  await clock.advance(3_600_000);
  expect(await finish(client.artistTags("Newcomer"))).toHaveLength(1);
});

test("what is kept is bounded", async () => {
  const { client, finish, sent, ...services } = await setup({ cacheLimit: 2 });
  await using _services = services;
  for (const artist of ["Aurora Field", "The Lanterns", "Aurora Field", "Iron Orchard", "Aurora Field", "The Lanterns"])
    await finish(client.artistTags(artist));
  expect(sent).toHaveLength(4);
});

test("a caller's signal ends its own wait, and closing ends all", async () => {
  const { simulator, client, ...services } = await setup();
  await using _services = services;
  simulator.faults.add({ service: "lastfm", kind: "hang", times: 2 });
  const controller = new AbortController();
  const given = client.artistTags("The Lanterns", { signal: controller.signal }).catch((error: unknown) => error);
  const other = client.artistTags("Iron Orchard").catch((error: unknown) => error);
  await expect.poll(() => simulator.delayed, { timeout: 60_000 }).toBeGreaterThan(0);
  controller.abort(new Error("enough"));
  expect(await given).toMatchObject({ message: "enough" });
  await Promise.all([client.close(), client.close()]);
  expect(await other).toMatchObject({ code: "RECOMMENDER_API_CLOSED" });
  await expect(client.artistTags("x")).rejects.toMatchObject({ code: "RECOMMENDER_API_CLOSED" });
  expect(client.stats()).toMatchObject({ failed: 0, circuitState: "closed" });
});

test("a key appears in no error, no statistics and no log of the simulator, however the way to the service fails", async () => {
  const key = "k3y with/odd&signs";
  await using services = await startServices();
  const http = {
    send: ({ url }: { readonly url: string }) => Promise.reject(new Error(`cannot reach ${url} (${key})`)),
  };
  const client = createLastFmClient({ ...services.shared, http, apiKey: key, maxAttempts: 1 });
  const failure = await services.finish(client.artistTags("x").catch((error: unknown) => error));
  const text = `${JSON.stringify(failure)} ${String(failure)} ${String((failure as Error).stack)} ${JSON.stringify(client.stats())}`;
  expect(text).toContain("[redacted]");
  expect(text).not.toContain(key);
  expect(text).not.toContain(encodeURIComponent(key));
  expect(text).not.toContain(new URLSearchParams({ key }).toString().slice(4));
  const honest = createLastFmClient({ ...services.shared, baseUrl: services.simulator.urls.lastfm, apiKey: key });
  await services.finish(honest.artistTags("x").catch(() => undefined));
  expect(JSON.stringify(services.simulator.requests)).not.toContain("k3y");
  expect(() => createLastFmClient({ apiKey: "" })).toThrow("apiKey must not be empty");
});

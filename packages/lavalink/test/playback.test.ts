import { describe, expect, test } from "vitest";
import { channelId, eventually, guildId, openWorld, trackOf } from "./world.ts";

test("play is one PATCH that carries voice, track, position, volume and pause", async () => {
  const { lavalink, join, patches, next, simulator } = await openWorld();
  const player = await join();
  expect(patches()).toEqual([]);
  const track = trackOf(await lavalink.load("morning"));
  const started = next("trackStart");
  expect(await player.play(track, { requesterId: "42", positionMs: 1500 })).toMatchObject({ requesterId: "42" });
  expect(await started).toMatchObject({ guildId, track: { info: { title: "Morning Train" }, requesterId: "42" } });
  expect(patches().map((patch) => patch.body)).toEqual([
    {
      voice: { token: "token-1", endpoint: "voice.invalid:443", sessionId: "session-1", channelId },
      track: { encoded: track.encoded, userData: { antiphon: expect.any(String) } },
      position: 1500,
      paused: false,
      volume: 100,
    },
  ]);
  expect(simulator.players).toMatchObject([{ guildId, track: { encoded: track.encoded }, state: { connected: true } }]);
});

test("a queue plays to its end, each track started and ended once", async () => {
  const { clock, lavalink, join, events, next } = await openWorld();
  const player = await join();
  player.queue.add([trackOf(await lavalink.load("rain")), trackOf(await lavalink.load("morning"))], {
    requesterId: "7",
  });
  await player.play();
  const second = next("playerUpdate");
  await clock.advance(95_000);
  await second;
  await eventually(() => events.filter((event) => event.type === "trackStart").length === 2);
  expect(player.current?.info.title).toBe("Morning Train");
  const empty = next("queueEmpty");
  await clock.advance(180_000);
  await empty;
  expect(player.current).toBeNull();
  expect(player.queue.history().map((track) => track.info.title)).toEqual(["Morning Train", "Rain on Tin"]);
  await eventually(() => events.at(-1)?.type === "queueEmpty");
  const told = events.filter((event) => event.type.startsWith("track")).map((event) => event.type);
  expect(told).toEqual(["trackStart", "trackEnd", "trackStart", "trackEnd"]);
});

test("skip, skipTo, previous and stop move through the queue", async () => {
  const { lavalink, join, simulator, next, events } = await openWorld();
  const player = await join();
  const [rain, morning, harbour, radio] = await Promise.all(
    ["rain", "morning", "harbour", "radio"].map(async (identifier) => trackOf(await lavalink.load(identifier))),
  );
  player.queue.add([rain, morning, harbour, radio].filter((track) => track !== undefined));
  await player.play();
  const replaced = next("trackEnd");
  expect((await player.skip())?.info.identifier).toBe("morning");
  expect(await replaced).toMatchObject({ reason: "replaced", track: { info: { identifier: "rain" } } });
  expect((await player.skipTo(1))?.info.identifier).toBe("radio");
  expect((await player.previous())?.info.identifier).toBe("morning");
  expect(player.queue.upcoming().map((track) => track.info.identifier)).toEqual(["radio"]);
  await player.stop();
  // The ends of the tracks before it may be on their way still.
  await eventually(() => events.some((event) => event.type === "trackEnd" && event.reason === "stopped"));
  expect(player.current).toBeNull();
  expect(simulator.players).toMatchObject([{ track: null }]);
  expect((await player.play())?.info.identifier).toBe("radio");
  const empty = next("queueEmpty");
  expect(await player.skip()).toBeNull();
  await empty;
});

describe("loop", () => {
  test("track repeats when it ends, and skip leaves it", async () => {
    const { clock, lavalink, join, events } = await openWorld();
    const player = await join();
    player.queue.loop = "track";
    player.queue.add(trackOf(await lavalink.load("morning")));
    await player.play(trackOf(await lavalink.load("rain")));
    await clock.advance(95_000);
    await eventually(() => events.filter((event) => event.type === "trackStart").length === 2);
    expect(player.current?.info.identifier).toBe("rain");
    expect((await player.skip())?.info.identifier).toBe("morning");
  });

  test("queue puts what played at the end", async () => {
    const { lavalink, join } = await openWorld();
    const player = await join();
    player.queue.loop = "queue";
    player.queue.add(trackOf(await lavalink.load("morning")));
    await player.play(trackOf(await lavalink.load("rain")));
    await player.skip();
    expect(player.queue.upcoming().map((track) => track.info.identifier)).toEqual(["rain"]);
  });
});

test("a turned volume is sent first and last, and the requests between are merged", async () => {
  const { lavalink, join, patches } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  const turns = Array.from({ length: 50 }, (_, index) => player.setVolume(index));
  expect(player.volumePercent).toBe(49);
  await Promise.all(turns);
  expect(
    patches()
      .slice(1)
      .map((patch) => patch.body),
  ).toEqual([{ volume: 0 }, { volume: 49 }]);
});

test("pause, resume and seek are seen at once and taken back when the node refuses", async () => {
  const { simulator, lavalink, join, next } = await openWorld();
  const player = await join();
  const started = next("trackStart");
  await player.play(trackOf(await lavalink.load("morning")));
  await started;
  const pausing = player.pause();
  expect(player.paused).toBe(true);
  await pausing;
  await player.seek(60_000);
  expect(player.positionMs).toBe(60_000);
  simulator.faults.failRequests({ status: 400, times: 2 });
  const resuming = player.resume();
  expect(player.paused).toBe(false);
  await expect(resuming).rejects.toMatchObject({ code: "LAVALINK_BAD_REQUEST" });
  expect(player.paused).toBe(true);
  await expect(player.seek(1000)).rejects.toMatchObject({ code: "LAVALINK_BAD_REQUEST" });
  expect(player.positionMs).toBe(60_000);
  await player.resume();
  expect(simulator.players).toMatchObject([{ paused: false, state: { position: 60_000 } }]);
});

test("a refused play leaves what played", async () => {
  const { simulator, lavalink, join } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  player.queue.add(trackOf(await lavalink.load("rain")));
  simulator.faults.failRequests({ status: 400 });
  await expect(player.skip()).rejects.toMatchObject({ code: "LAVALINK_BAD_REQUEST" });
  expect(player.current?.info.identifier).toBe("morning");
  expect(player.queue.length).toBe(1);
  expect(player.queue.history()).toEqual([]);
  expect((await player.skip())?.info.identifier).toBe("rain");
});

test("arguments that make no sense are refused before anything is sent", async () => {
  const { lavalink, join, patches } = await openWorld();
  const player = await join();
  const invalid = { code: "LAVALINK_INVALID_ARGUMENT" };
  await expect(player.setVolume(1001)).rejects.toMatchObject(invalid);
  await expect(player.setVolume(1.5)).rejects.toMatchObject(invalid);
  await expect(player.seek(0)).rejects.toMatchObject(invalid);
  await expect(player.play(trackOf(await lavalink.load("morning")), { positionMs: -1 })).rejects.toMatchObject(invalid);
  await expect(player.skipTo(3)).rejects.toMatchObject(invalid);
  expect(await player.play()).toBeNull();
  expect(patches()).toEqual([]);
});

describe("failing tracks", () => {
  test("one that fails or hangs gives way to the next", async () => {
    const { clock, simulator, lavalink, join, events } = await openWorld();
    const player = await join();
    simulator.faults.failTrack("rain", { kind: "exception", atMs: 0 });
    simulator.faults.failTrack("morning", { kind: "stuck", atMs: 5_000 });
    for (const identifier of ["rain", "morning", "harbour"]) player.queue.add(trackOf(await lavalink.load(identifier)));
    await player.play();
    await clock.advance(0);
    await eventually(
      () => player.current?.info.identifier === "morning" && simulator.players[0]?.track?.info.identifier === "morning",
    );
    await clock.advance(5_000);
    await eventually(() => events.filter((event) => event.type === "trackStart").length === 3);
    expect(player.current?.info.identifier).toBe("harbour");
    expect(events.filter((event) => event.type === "trackEnd").map((event) => event.reason)).toEqual([
      "loadFailed",
      "replaced",
    ]);
  });

  test("three in a row stop the player and keep the queue", async () => {
    const { clock, simulator, lavalink, join, next } = await openWorld();
    const player = await join();
    simulator.faults.failTrack("rain", { kind: "exception", atMs: 0 });
    const rain = trackOf(await lavalink.load("rain"));
    player.queue.add(Array.from({ length: 20 }, () => rain));
    player.queue.loop = "track";
    const failed = next("playerError");
    // A timer fires when time moves, so time moves on until the failure is told.
    const told = new AbortController();
    void failed.then(() => told.abort());
    await player.play();
    while (!told.signal.aborted) {
      await clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await failed).error.code).toBe("LAVALINK_TOO_MANY_FAILURES");
    expect(player.queue.length).toBe(17);
    expect(player.current).toBeNull();
  });
});

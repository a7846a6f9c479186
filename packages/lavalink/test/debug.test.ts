import { createSeededRandom } from "@antiphon/std";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAutoplayEngine } from "../src/autoplay/index.ts";
import { createPlaybackRecorder, createWiretap, startIntrospector, startTimeline } from "../src/debug/index.ts";
import { channelId, eventually, guildId, openWorld, trackOf } from "./world.ts";

describe("a wiretap", () => {
  test("captures frames and requests both ways, without secrets, between enable and disable", async () => {
    const { lavalink, join, signaling } = await openWorld();
    using wiretap = createWiretap();
    const morning = trackOf(await lavalink.load("morning"));
    const player = await join();
    expect([wiretap.enabled, wiretap.packets()]).toEqual([false, []]);
    wiretap.enable();
    wiretap.enable();
    await player.play(morning);
    await eventually(() => wiretap.packets().some(({ op }) => op === "playerUpdate"));
    wiretap.disable();
    const kept = wiretap.packets();
    await player.pause();
    expect(wiretap.packets()).toEqual(kept);

    const patch = kept.find(({ direction }) => direction === "out");
    expect(patch).toMatchObject({
      node: "node0",
      op: `PATCH /v4/sessions/[redacted]/players/${guildId}`,
      data: { track: { encoded: morning.encoded }, voice: { token: "[redacted]", sessionId: "[redacted]", channelId } },
      answer: { status: 200, data: { guildId, voice: { token: "[redacted]" } } },
    });
    expect(kept.find(({ op }) => op === "event TrackStartEvent")).toMatchObject({
      direction: "in",
      data: { op: "event", guildId, track: { encoded: morning.encoded } },
    });
    expect(signaling.requests).not.toHaveLength(0);
    expect(JSON.stringify(kept)).not.toMatch(/token-1|session-1|youshallnotpass/);
  });

  test("is bounded, gives the latest, and shows refusals and what is unreadable", async () => {
    const { lavalink, simulator } = await openWorld();
    using wiretap = createWiretap({ limit: 3, bodyLimitCharacters: 40 });
    // What the client does on its own when a node is ready comes before.
    await eventually(() => lavalink.nodes[0]?.stats !== undefined && simulator.requests.length > 0);
    await lavalink.load("nothing");
    wiretap.enable();
    simulator.faults.failRequests({ status: 400, message: "no", path: /loadtracks/ });
    await expect(lavalink.load("x".repeat(5))).rejects.toMatchObject({ code: "LAVALINK_BAD_REQUEST" });
    expect(wiretap.packets()[0]).toMatchObject({ op: "GET /v4/loadtracks?identifier=xxxxx", answer: { status: 400 } });
    simulator.faults.sendRaw("{");
    simulator.faults.sendRaw(JSON.stringify({ op: "stats", padding: "y".repeat(100) }));
    simulator.faults.sendRaw(JSON.stringify({ op: "custom" }));
    await eventually(() => wiretap.packets().at(-1)?.op === "custom");
    expect(wiretap.packets().map(({ op }) => op)).toEqual(["unreadable", "unreadable", "custom"]);
    expect(wiretap.packets(1)).toMatchObject([{ op: "custom", data: { op: "custom" } }]);
    expect([wiretap.packets(0), wiretap.dropped]).toEqual([[], 1]);
    wiretap.clear();
    expect(wiretap.packets()).toEqual([]);
  });
});

test("a timeline keeps a guild's events, gives them by type and time, and reports on them", async () => {
  const { lavalink, clock, join, events } = await openWorld();
  using timeline = startTimeline({ clock });
  const player = await join();
  const startMs = clock.now();
  player.queue.add(trackOf(await lavalink.load("rain")));
  await player.play(trackOf(await lavalink.load("morning")));
  await eventually(() => events.some(({ type }) => type === "trackStart"));
  await clock.advance(60_000);
  await player.skip();
  await eventually(() => events.filter(({ type }) => type === "trackStart").length === 2);
  const types = timeline.entries(guildId).map(({ event }) => event.type);
  expect(types).toEqual(["voiceUpdate", "playerCreate", "trackStart", "trackEnd", "trackStart"]);
  const starts = timeline.entries(guildId, { types: ["trackStart"] });
  expect(starts).toMatchObject([
    { atMs: startMs, event: { track: { info: { identifier: "morning" } } } },
    { atMs: startMs + 60_000, event: { track: { info: { identifier: "rain" } } } },
  ]);
  const later = timeline.entries(guildId, { fromMs: startMs + 1, toMs: startMs + 60_000, types: ["trackStart"] });
  expect(later).toEqual(starts.slice(1));
  expect(timeline.entries(guildId, { limit: 2 })).toHaveLength(2);
  expect(timeline.report(guildId)).toMatchObject({
    totalEvents: 5,
    averageGapMs: 15_000,
    longestGapMs: 60_000,
    firstMs: startMs,
    lastMs: startMs + 60_000,
    countByType: { trackStart: 2, trackEnd: 1 },
    endReasons: { replaced: 1 },
    dropped: 0,
  });
  expect(timeline.report("1")).toMatchObject({ totalEvents: 0, averageGapMs: 0, firstMs: null });
});

test("an introspector knows why this node, why this track and why the next, and sums it up", async () => {
  using introspector = startIntrospector();
  const { lavalink, simulator, join, events, clock } = await openWorld({ nodes: 2 });
  const player = await join();
  const [choice] = introspector.decisions("node").slice(-1);
  expect(choice).toMatchObject({ chosen: player.node, region: null });
  expect(choice?.candidates.map(({ node }) => node).toSorted()).toEqual(["node0", "node1"]);
  for (const { faults } of [simulator]) faults.failTrack("morning", { kind: "stuck", atMs: 0 });
  const rain = trackOf(await lavalink.load("rain"));
  player.queue.add([rain, trackOf(await lavalink.load("harbour"))]);
  await player.play(rain);
  await player.skip();
  await eventually(() => events.filter(({ type }) => type === "trackStart").length === 2);
  await clock.advance(95_000);
  await eventually(() => events.filter(({ type }) => type === "trackStart").length === 3);
  expect(introspector.decisions("next")).toMatchObject([
    { guildId, reason: "asked", from: { info: { identifier: "rain" } }, to: { info: { identifier: "rain" } } },
    { guildId, reason: "ended", from: { info: { identifier: "rain" } }, to: { info: { identifier: "harbour" } } },
  ]);
  expect(introspector.decisions("next", 1)).toMatchObject([{ reason: "ended" }]);

  const engine = createAutoplayEngine({ guildId, load: lavalink.load, random: createSeededRandom(1) });
  engine.registerStrategy("mine", {
    suggest: async () => [{ track: rain, relevance: 1, reason: "because it rains" }],
  });
  engine.configure({ strategies: ["mine"] });
  const harbour = trackOf(await lavalink.load("harbour"));
  await engine.next(harbour);
  engine.played(rain);
  await engine.next(harbour);
  expect(introspector.decisions("autoplay")).toMatchObject([
    { strategy: "mine", reason: "because it rains", track: { info: { identifier: "rain" } } },
    { strategy: null, track: null, reason: "none of mine found anything that fits" },
  ]);
  expect(introspector.patterns()).toMatchObject({
    countByKind: { next: 2, autoplay: 2 },
    nextReasons: { asked: 1, ended: 1 },
    strategies: { mine: 1, none: 1 },
    failureRatio: 0,
  });
});

test("an introspector tells that a track failed or hung, and is silent once disposed", async () => {
  const introspector = startIntrospector();
  onTestFinished(() => introspector[Symbol.dispose]());
  const { lavalink, simulator, join, events, clock } = await openWorld();
  const player = await join();
  simulator.faults.failTrack("morning", { kind: "stuck", atMs: 1_000 });
  player.queue.add(trackOf(await lavalink.load("rain")));
  await player.play(trackOf(await lavalink.load("morning")));
  await eventually(() => events.some(({ type }) => type === "trackStart"));
  await clock.advance(1_000);
  await eventually(() => events.filter(({ type }) => type === "trackStart").length === 2);
  expect(introspector.decisions("next")).toMatchObject([{ reason: "stuck", to: { info: { identifier: "rain" } } }]);
  expect(introspector.patterns().failureRatio).toBe(1);
  introspector[Symbol.dispose]();
  await player.skip();
  expect(introspector.patterns().total).toBe(
    introspector.decisions("next").length + introspector.decisions("node").length,
  );
});

describe("a playback recorder", () => {
  async function record() {
    const world = await openWorld();
    const recorder = createPlaybackRecorder({ clock: world.clock });
    onTestFinished(() => recorder[Symbol.dispose]());
    const { lavalink, events, clock } = world;
    const player = await world.join();
    const starts = () => events.filter(({ type }) => type === "trackStart").length;
    const tracks = await Promise.all(
      ["morning", "rain", "harbour"].map(async (id) => trackOf(await lavalink.load(id))),
    );
    const [morning, rain, harbour] = tracks as [(typeof tracks)[0], (typeof tracks)[0], (typeof tracks)[0]];
    recorder.start("an evening");
    player.queue.add([rain, harbour]);
    await player.play(morning, { volumePercent: 80 });
    await eventually(() => starts() === 1);
    await clock.advance(4_000);
    await player.skip();
    await eventually(() => starts() === 2);
    await clock.advance(2_000);
    await player.setVolume(50);
    await player.skipTo(0);
    await eventually(() => starts() === 3);
    const sessionId = recorder.stop();
    return { ...world, recorder, player, sessionId, starts };
  }
  type Recorded = Awaited<ReturnType<typeof record>>;
  /** Time moves on its own until a replay is over. */
  async function driven<Result>(clock: Recorded["clock"], running: Promise<Result>): Promise<Result> {
    const state = { done: false };
    const finished = running.finally(() => (state.done = true));
    while (!state.done) {
      await clock.advance(100);
      // The node's frames come over a real socket, on which they may gather for a moment.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return finished;
  }

  test("does a session again at another speed, and finds nothing different", async () => {
    const { recorder, sessionId, lavalink, player, clock } = await record();
    expect(recorder.sessions).toMatchObject([{ id: sessionId, name: "an evening", durationMs: 6_000, dropped: 0 }]);
    await player.leave();
    const again = await lavalink.join({ guildId, channelId });
    const startedMs = clock.monotonicMs();
    const report = await driven(clock, recorder.replay(sessionId, { players: lavalink.players, speed: 2 }));
    expect(report).toMatchObject({ commands: 6, failures: [], differences: [] });
    expect(report.outcomes.map(({ type, track }) => `${type} ${track}`)).toEqual([
      "trackStart morning",
      "trackEnd morning",
      "trackStart rain",
      "trackEnd rain",
      "trackStart harbour",
    ]);
    expect([again.current?.info.identifier, again.volumePercent]).toEqual(["harbour", 50]);
    expect(clock.monotonicMs() - startedMs).toBeLessThan(6_000);
  });

  test("shows where a run goes another way, also for a session that was kept as JSON", async () => {
    const { recorder, sessionId, simulator, lavalink, player, clock } = await record();
    const kept = JSON.stringify(recorder.sessions.find(({ id }) => id === sessionId));
    await player.leave();
    await lavalink.join({ guildId, channelId });
    simulator.faults.failRequests({ status: 400, method: "PATCH", message: "broken" });
    const other = createPlaybackRecorder({ clock });
    other.add(JSON.parse(kept));
    const report = await driven(clock, other.replay(sessionId, { players: lavalink.players }));
    expect(report.failures).toMatchObject([{ guildId, command: { type: "play" }, error: /broken/ }]);
    expect(report.differences[0]).toMatchObject({
      guildId,
      index: 0,
      expected: { type: "trackStart", track: "morning" },
      actual: { type: "trackStart", track: "rain" },
    });
  });

  test("has one recording at a time, a bound, and answers what makes no sense", async () => {
    const { lavalink, join } = await openWorld();
    using recorder = createPlaybackRecorder({ limit: 1, sessionLimit: 1 });
    const invalid = expect.objectContaining({ code: "LAVALINK_INVALID_ARGUMENT" });
    expect(() => recorder.stop()).toThrow(invalid);
    recorder.start("one");
    expect(() => recorder.start("two")).toThrow(invalid);
    const player = await join();
    await player.setVolume(10);
    await player.setVolume(20);
    recorder.stop();
    expect(recorder.sessions).toMatchObject([{ commands: { length: 1 }, dropped: 1 }]);
    recorder.start("two");
    const second = recorder.stop();
    expect(recorder.sessions.map(({ id }) => id)).toEqual([second]);
    const { players } = lavalink;
    await expect(recorder.replay("one-1", { players })).rejects.toEqual(invalid);
    await expect(recorder.replay(second, { players, speed: 0 })).rejects.toEqual(invalid);
  });
});

import type { Lavalink, LavalinkEvent, Player, QueuedTrack } from "@antiphon/lavalink";
import type { GuildId } from "@antiphon/protocol/discord";
import type { Play } from "@antiphon/recommender/store";
import { createEmitter, createManualClock, silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";
import { recordPlays } from "./play-history.ts";

const guildId = "1" as GuildId;

function trackOf(title: string, info: Partial<QueuedTrack["info"]> = {}): QueuedTrack {
  const base = {
    identifier: title,
    isSeekable: true,
    author: "A",
    length: 100_000,
    isStream: false,
    position: 0,
    title,
    sourceName: "local",
  };
  return {
    encoded: title,
    info: { ...base, ...info },
    pluginInfo: {},
    userData: {},
    requesterId: "7",
  };
}

/** A player that can be paused, the events of its client, and what was recorded. */
function setUp() {
  const clock = createManualClock();
  const emitter = createEmitter<LavalinkEvent>();
  const player = { paused: false };
  const plays: Play[] = [];
  const lavalink = {
    on: emitter.on,
    events: emitter.events,
    players: new Map([[guildId, player as Player]]),
  } as unknown as Lavalink;
  const recorder = recordPlays({
    lavalink,
    recommender: { recordPlay: async (play) => plays.push(play) > 0, recommend: async () => [] },
    clock,
    logger: silentLogger,
  });
  const start = (track: QueuedTrack) => emitter.emit({ type: "trackStart", guildId, track });
  const end = (track: QueuedTrack, reason: "finished" | "stopped" | "replaced") =>
    emitter.emit({ type: "trackEnd", guildId, track, reason });
  return { clock, emitter, player, plays, recorder, start, end };
}

test("a track that ended by itself was heard, one that was skipped in part", async () => {
  const { clock, plays, start, end } = setUp();
  start(trackOf("one"));
  await clock.advance(99_000);
  end(trackOf("one"), "finished");
  start(trackOf("two"));
  await clock.advance(25_000);
  end(trackOf("two"), "stopped");
  expect(plays).toMatchObject([
    { track: { title: "one", artist: "A", durationMs: 100_000 }, heardRatio: 1, userId: "7", communityId: "1" },
    { track: { title: "two" }, heardRatio: 0.25 },
  ]);
  expect(new Set(plays.map(({ playId }) => playId)).size).toBe(2);
});

test("pauses do not count", async () => {
  const { clock, emitter, player, plays, start, end } = setUp();
  const update = () => emitter.emit({ type: "playerUpdate", guildId, positionMs: 0, connected: true, pingMs: null });
  start(trackOf("one"));
  await clock.advance(10_000);
  update();
  player.paused = true;
  await clock.advance(60_000);
  update();
  player.paused = false;
  await clock.advance(10_000);
  end(trackOf("one"), "stopped");
  expect(plays[0]?.heardRatio).toBeCloseTo(0.2);
});

test("a stream counts as heard after a minute", async () => {
  const { clock, plays, start, end } = setUp();
  const radio = trackOf("radio", { isStream: true, length: Number.MAX_SAFE_INTEGER });
  start(radio);
  await clock.advance(90_000);
  end(radio, "stopped");
  expect(plays[0]).toMatchObject({ heardRatio: 1, track: { durationMs: null } });
});

test("what plays when the bot ends, or the player goes, is recorded too", async () => {
  const { clock, emitter, plays, recorder, start } = setUp();
  start(trackOf("one"));
  await clock.advance(50_000);
  emitter.emit({ type: "playerDestroy", guildId, reason: "left" });
  start(trackOf("two"));
  await clock.advance(10_000);
  await recorder[Symbol.asyncDispose]();
  start(trackOf("three"));
  expect(plays.map(({ track, heardRatio }) => [track.title, heardRatio])).toEqual([
    ["one", 0.5],
    ["two", 0.1],
  ]);
});

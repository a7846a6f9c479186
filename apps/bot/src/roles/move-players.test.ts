import type { PlayerHandlers, WorkerPlayers } from "@antiphon/bridge/discord";
import type { ClientEvent } from "@antiphon/core";
import type { Lavalink, LavalinkEvent, Player, QueuedTrack } from "@antiphon/lavalink";
import type { SessionSnapshot } from "@antiphon/lavalink/snapshots";
import type { GuildId, VoiceSignaling, VoiceStateRequest } from "@antiphon/protocol/discord";
import { AntiphonError, createEmitter, createManualClock, silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";
import { createArrivals } from "./arrivals.ts";
import { decodeMovedPlayer, encodeMovedPlayer } from "./moved-player.ts";
import { movePlayers } from "./move-players.ts";
import { createPlayerChanges } from "./player-changes.ts";

const guildId = "1" as GuildId;
const STALE_MS = 300_000;

class Failure extends AntiphonError<"BRIDGE_LEASE_LOST" | "LAVALINK_VOICE_TIMEOUT" | "BRIDGE_REQUEST_FAILED"> {}

function trackOf(title: string): QueuedTrack {
  const info = {
    identifier: title,
    isSeekable: true,
    author: "A",
    length: 100_000,
    isStream: false,
    position: 0,
    title,
    sourceName: "local",
  };
  return { encoded: title, info, pluginInfo: {}, userData: {}, requesterId: "7" };
}

function snapshotOf(takenMs: number, given: Partial<SessionSnapshot> = {}): SessionSnapshot {
  return {
    version: 1,
    guildId,
    channelId: "2",
    takenMs,
    current: trackOf("one"),
    positionMs: 30_000,
    paused: true,
    volumePercent: 70,
    loop: "queue",
    upcoming: [trackOf("two")],
    history: [],
    filters: [["calm", { timescale: { speed: 0.9 } }]],
    ...given,
  };
}

/** A player that does what it is told at once. */
function createPlayer(left: () => void, refuses: () => boolean) {
  const upcoming: QueuedTrack[] = [];
  const layers = new Map<string, object>();
  const state = { current: null as QueuedTrack | null, positionMs: 0, paused: false, volumePercent: 100 };
  const player = {
    guildId,
    channelId: "2",
    get current() {
      return state.current;
    },
    get positionMs() {
      return state.positionMs;
    },
    get paused() {
      return state.paused;
    },
    get volumePercent() {
      return state.volumePercent;
    },
    queue: {
      loop: "off",
      upcoming: () => [...upcoming],
      history: () => [],
      clear: () => void upcoming.splice(0),
      add: (tracks: readonly QueuedTrack[]) => void upcoming.push(...tracks),
    },
    filters: {
      layers,
      clear: async () => layers.clear(),
      set: async (name: string, filters: object) => void layers.set(name, filters),
    },

    async play(current: QueuedTrack, given: Partial<typeof state>) {
      if (refuses()) throw new Failure("LAVALINK_VOICE_TIMEOUT", "the node does not answer", { retryable: true });
      Object.assign(state, given, { current });
    },
    leave: async () => left(),
  };
  return player as unknown as Player;
}

/** A worker: its table of players, its Lavalink client, and what it sends to Discord. */
function setUp({ ready = true } = {}) {
  const clock = createManualClock();
  const events = createEmitter<LavalinkEvent>();
  const clientEvents = createEmitter<ClientEvent>();
  const running = new Map<GuildId, Player>();
  const state = { ready, owns: true, joinFailures: 0, playFailures: 0, saveFailures: 0 };
  const table = new Map<GuildId, unknown>();
  const sent: VoiceStateRequest[] = [];
  const told: string[] = [];
  const saves: unknown[] = [];
  let handlers: PlayerHandlers | undefined;
  const players: WorkerPlayers = {
    owns: () => state.owns,
    async save(id, value) {
      if (state.saveFailures-- > 0) throw new Failure("BRIDGE_REQUEST_FAILED", "the bus is away");
      saves.push(value);
      table.set(id, value);
    },
    remove: async (id) => void table.delete(id),
    serve(next) {
      handlers = next;
      return { [Symbol.dispose]: () => (handlers = undefined) };
    },
  };
  const join = async () => {
    if (state.joinFailures-- > 0) throw new Failure("LAVALINK_VOICE_TIMEOUT", "no voice server", { retryable: true });
    const player = createPlayer(
      () => {
        running.delete(guildId);
        events.emit({ type: "playerDestroy", guildId, reason: "left" });
      },
      () => state.playFailures-- > 0,
    );
    running.set(guildId, player);
    return player;
  };
  const lavalink = {
    on: events.on,
    events: events.events,
    players: running,
    get nodes() {
      return [{ ready: state.ready }];
    },
    join,
  } as unknown as Lavalink;
  const arrivals = createArrivals();
  const changes = createPlayerChanges();
  const moving = movePlayers({
    client: { on: clientEvents.on },
    lavalink,
    signaling: { updateVoiceState: async (update: VoiceStateRequest) => void sent.push(update) } as VoiceSignaling,
    players,
    changes,
    arrivals,
    plays: {
      listenOf: () => ({ startedAtMs: 5, heardMs: 6 }),
      carry: (_, { startedAtMs, heardMs }) => void told.push(`carry ${startedAtMs} ${heardMs}`),
      release: () => void told.push("release"),
      [Symbol.asyncDispose]: async () => {},
    },
    listeners: {
      in: () => ["8"],
      carry: (_, states) => void told.push(`listeners ${states.map(({ userId }) => userId).join()}`),
      forget: () => {},
      [Symbol.dispose]: () => {},
    },
    staleMs: STALE_MS,
    clock,
    logger: silentLogger,
  });
  const listeners = [{ userId: "8", channelId: "2" }];
  const moved = (snapshot: SessionSnapshot) =>
    encodeMovedPlayer({ snapshot, listen: { startedAtMs: 1, heardMs: 2 }, listeners });
  return {
    clock,
    events,
    running,
    state,
    table,
    sent,
    told,
    saves,
    arrivals,
    changes,
    moving,
    moved,
    join,
    get handlers() {
      return handlers as PlayerHandlers;
    },
  };
}

test("a player goes on here as it was there, after the bot has left for the process before", async () => {
  const { handlers, moved, clock, running, sent, told, table } = setUp();
  await handlers.resume(guildId, await moved(snapshotOf(clock.now())));
  const player = running.get(guildId);
  expect(player).toMatchObject({ positionMs: 30_000, paused: true, volumePercent: 70, queue: { loop: "queue" } });
  expect(player?.current?.info.title).toBe("one");
  expect(player?.queue.upcoming().map(({ info }) => info.title)).toEqual(["two"]);
  expect([...(player?.filters.layers.keys() ?? [])]).toEqual(["calm"]);
  expect(sent).toMatchObject([{ guildId, channelId: null }]);
  expect(told).toEqual(["listeners 8", "carry 1 2"]);
  // It is kept as this process has it.
  expect(await decodeMovedPlayer(table.get(guildId))).toMatchObject({
    snapshot: { volumePercent: 70 },
    listen: { startedAtMs: 5, heardMs: 6 },
  });
});

test("what somebody has begun here meanwhile plays first, and nothing is lost", async () => {
  const { handlers, moved, clock, running, join, sent } = setUp();
  const player = await join();
  await handlers.resume(guildId, await moved(snapshotOf(clock.now())));
  expect(running.get(guildId)).toBe(player);
  expect(player.queue.upcoming().map(({ info }) => info.title)).toEqual(["one", "two"]);
  expect(sent).toEqual([]);
});

test("those who ask for it while it moves wait for it", async () => {
  const { handlers, moved, clock, running, arrivals, state, events } = setUp({ ready: false });
  const resumed = handlers.resume(guildId, await moved(snapshotOf(clock.now())));
  const asked = arrivals.settled(guildId).then(() => running.get(guildId)?.current?.info.title);
  expect(arrivals.has(guildId)).toBe(true);
  // A process that has just started has no audio node yet.
  await expect.poll(() => events.listenerCount("nodeReady")).toBe(1);
  state.ready = true;
  events.emit({ type: "nodeReady", node: "n", resumed: false });
  await resumed;
  expect(await asked).toBe("one");
  expect(arrivals.has(guildId)).toBe(false);
});

test("a state from long ago is dropped, as is one that cannot be read", async () => {
  const { handlers, moved, clock, running, table } = setUp();
  table.set(guildId, "old");
  await handlers.resume(guildId, await moved(snapshotOf(clock.now() - STALE_MS - 1)));
  expect([running.size, table.size]).toEqual([0, 0]);
  table.set(guildId, "broken");
  await handlers.resume(guildId, { not: "a player" });
  expect([running.size, table.size]).toEqual([0, 0]);
});

test("a channel that cannot be joined is tried again, and given up in the end", async () => {
  const { handlers, moved, clock, running, state, table } = setUp();
  state.joinFailures = 2;
  const state1 = await moved(snapshotOf(clock.now()));
  const resumed = handlers.resume(guildId, state1);
  const ticking = setInterval(() => void clock.advance(1_000), 1);
  await resumed;
  expect(running.size).toBe(1);
  await handlers.suspend(guildId);
  state.joinFailures = Infinity;
  table.set(guildId, state1);
  await handlers.resume(guildId, await moved(snapshotOf(clock.now())));
  clearInterval(ticking);
  expect([running.size, table.size]).toEqual([0, 0]);
});

test("a node that does not answer in the middle of it makes nothing double", async () => {
  const { handlers, moved, clock, running, state, table } = setUp();
  state.playFailures = 2;
  const ticking = setInterval(() => void clock.advance(1_000), 1);
  const kept = await moved(snapshotOf(clock.now()));
  table.set(guildId, kept);
  await handlers.resume(guildId, kept);
  clearInterval(ticking);
  const player = running.get(guildId);
  expect(player?.current?.info.title).toBe("one");
  expect(player?.queue.upcoming().map(({ info }) => info.title)).toEqual(["two"]);
  expect(table.size).toBe(1);
});

test("a player that has to leave before it is here stays in the table", async () => {
  const { handlers, moved, clock, events, state, table, running } = setUp({ ready: false });
  const kept = await moved(snapshotOf(clock.now()));
  table.set(guildId, kept);
  const resumed = handlers.resume(guildId, kept);
  await expect.poll(() => events.listenerCount("nodeReady")).toBe(1);
  await handlers.suspend(guildId);
  await resumed;
  state.ready = true;
  events.emit({ type: "nodeReady", node: "n", resumed: false });
  expect([running.size, table.get(guildId)]).toEqual([0, kept]);
});

test("a player that leaves for another process is let go of, and stays in the table", async () => {
  const { handlers, moved, clock, running, table, told } = setUp();
  await handlers.resume(guildId, await moved(snapshotOf(clock.now())));
  await handlers.suspend(guildId);
  expect([running.size, table.size]).toEqual([0, 1]);
  expect(told.at(-1)).toBe("release");
});

test("a player that ends is forgotten", async () => {
  const { handlers, moved, clock, running, table } = setUp();
  await handlers.resume(guildId, await moved(snapshotOf(clock.now())));
  await running.get(guildId)?.leave();
  await expect.poll(() => table.size).toBe(0);
});

test("each change is kept, one write at a time, and a bus that is away is made up for by the next", async () => {
  const { handlers, moved, clock, running, changes, state, saves, table } = setUp();
  await handlers.resume(guildId, await moved(snapshotOf(clock.now())));
  saves.splice(0);
  state.saveFailures = 1;
  await changes.store.set(`player/${guildId}`, "");
  expect(saves).toEqual([]);
  running.get(guildId)?.queue.add([trackOf("three")]);
  await Promise.all(Array.from({ length: 20 }, () => changes.store.set(`queue/${guildId}`, "")));
  expect(saves.length).toBe(2);
  const { snapshot } = await decodeMovedPlayer(table.get(guildId));
  expect(snapshot.upcoming.map(({ info }) => info.title)).toEqual(["two", "three"]);
});

test("nothing is written of a guild that another process has", async () => {
  const { join, changes, state, saves } = setUp();
  await join();
  state.owns = false;
  await changes.store.set(`player/${guildId}`, "");
  expect(saves).toEqual([]);
});

test("a process that ends keeps its players for the next, with what was heard", async () => {
  const { join, moving, saves, told, running } = setUp();
  await join();
  await moving[Symbol.asyncDispose]();
  expect(saves.length).toBe(1);
  expect(told).toEqual(["release"]);
  await running.get(guildId)?.leave();
});

test("a full queue fits into a message", async () => {
  const upcoming = Array.from({ length: 1_000 }, (_track, index) => ({
    ...trackOf(`A title of the usual length, number ${index}`),
    encoded: Buffer.from(Array.from({ length: 240 }, (_, at) => (index * 7_919 + at * 104_729) % 251)).toString(
      "base64",
    ),
  }));
  const text = await encodeMovedPlayer({ snapshot: snapshotOf(0, { upcoming }), listen: null, listeners: [] });
  expect(text.length).toBeLessThan(900_000);
  expect((await decodeMovedPlayer(text)).snapshot.upcoming).toEqual(upcoming);
});

import { silentLogger, waitFor } from "@antiphon/std";
import { describe, expect, onTestFinished, test } from "vitest";
import { createLavalink, type LavalinkEvent, type LavalinkOptions } from "../src/index.ts";
import { createMemoryStore, type StateStore } from "../src/stores/index.ts";
import { createFakeSignaling } from "./fake-signaling.ts";
import { channelId, eventually, guildId, openWorld, trackOf } from "./world.ts";

type World = Awaited<ReturnType<typeof openWorld>>;

/** A first run of the process that plays, with a queue, an effect and a volume, and a store that remembers it. */
async function openFirstRun(nodes = 1) {
  const store = createMemoryStore();
  const world = await openWorld({ nodes, client: { store } });
  const player = await world.join();
  player.queue.add([trackOf(await world.lavalink.load("morning")), trackOf(await world.lavalink.load("radio"))], {
    requesterId: "42",
  });
  player.queue.loop = "queue";
  await player.filters.nightcore();
  const started = world.next("trackStart");
  await player.play(trackOf(await world.lavalink.load("rain")), { volumePercent: 60 });
  await started;
  await eventually(() => world.simulators.every(({ sessions }) => sessions.every(({ resuming }) => resuming)));
  return { ...world, store };
}

/** A second run of the process, as the first one left the nodes and the store. */
async function openSecondRun({ simulators, clock }: World, store: StateStore, options: Partial<LavalinkOptions> = {}) {
  const signaling = createFakeSignaling();
  const lavalink = createLavalink({
    nodes: simulators.map(({ host, port, password }, index) => ({ name: `node${index}`, host, port, password })),
    signaling,
    clock,
    heartbeatMs: 1e9,
    silenceMs: 0,
    store,
    ...options,
  });
  const events: LavalinkEvent[] = [];
  for (const type of ["trackStart", "trackEnd", "playerCreate", "nodeReady", "queueEmpty"] as const) {
    lavalink.on(type, (event) => events.push(event));
  }
  onTestFinished(() => lavalink.close());
  await lavalink.connect();
  return { lavalink, signaling, events };
}

describe("a second run of the process", () => {
  test("goes on with a session that the node kept, and sends no player anything", async () => {
    const first = await openFirstRun();
    await first.lavalink.close({ keepPlaying: true });
    expect(first.signaling.requests.map((request) => request.channelId)).toEqual([channelId]);
    const before = first.patches().length;
    const { lavalink, signaling, events } = await openSecondRun(first, first.store);
    const player = lavalink.players.get(guildId);
    expect(events).toMatchObject([
      { type: "playerCreate", restored: true, channelId },
      { type: "nodeReady", resumed: true },
    ]);
    expect(player).toMatchObject({ channelId, volumePercent: 60, paused: false, queue: { loop: "queue" } });
    expect(player?.current).toMatchObject({ info: { identifier: "rain" } });
    expect(player?.queue.upcoming()).toMatchObject([
      { info: { identifier: "morning" }, requesterId: "42" },
      { info: { identifier: "radio" } },
    ]);
    expect([...(player?.filters.layers.keys() ?? [])]).toEqual(["nightcore"]);
    await eventually(() =>
      first.simulator.requests.some(({ method, path }) => method === "GET" && path.endsWith("/players")),
    );
    await player?.setVolume(61);
    expect(first.patches().slice(before)).toMatchObject([{ body: { volume: 61 } }]);
    expect(signaling.requests).toEqual([]);
    await first.clock.advance(95_000);
    await eventually(() => events.some((event) => event.type === "trackEnd"));
    await eventually(() => player?.current?.info.identifier === "morning");
    expect(events.filter((event) => event.type === "trackEnd")).toHaveLength(1);
  });

  test("hears of what ended in between", async () => {
    const first = await openFirstRun();
    await first.lavalink.close({ keepPlaying: true });
    await first.clock.advance(55_000);
    // Nightcore ends the 95 s of rain after 79 s, within the 60 s for which the session waits when 55 and 24 are played.
    const { lavalink, events } = await openSecondRun(first, first.store);
    await eventually(() => events.some((event) => event.type === "nodeReady"));
    await lavalink.close({ keepPlaying: true });
    await eventually(() => first.simulator.sessions.every(({ connected }) => !connected));
    await first.clock.advance(30_000);
    const third = await openSecondRun(first, first.store);
    await eventually(() => third.events.some((event) => event.type === "trackStart"));
    expect(third.lavalink.players.get(guildId)?.current).toMatchObject({ info: { identifier: "morning" } });
    expect(third.events.filter((event) => event.type === "trackEnd")).toMatchObject([{ reason: "finished" }]);
  });

  test("makes players anew by one PATCH when the node lost the session", async () => {
    const first = await openFirstRun();
    await first.clock.advance(10_000);
    await eventually(() => first.events.some((event) => event.type === "playerUpdate" && event.positionMs >= 10_000));
    await first.lavalink.close({ keepPlaying: true });
    first.simulator.faults.restart();
    const before = first.patches().length;
    const { lavalink, events } = await openSecondRun(first, first.store);
    await eventually(() => first.simulator.players.length === 1);
    expect(events).toMatchObject([{ type: "playerCreate" }, { type: "nodeReady", resumed: false }]);
    expect(first.patches().slice(before)).toMatchObject([
      {
        body: {
          voice: { channelId, token: "token-1" },
          track: { encoded: lavalink.players.get(guildId)?.current?.encoded },
          position: 12_000,
          volume: 60,
          filters: { timescale: { speed: 1.2 } },
        },
      },
    ]);
  });

  test("moves players of a node that is gone to another", async () => {
    const first = await openFirstRun(2);
    const { node } = first.lavalink.players.get(guildId) ?? {};
    const gone = first.simulators[node === "node0" ? 0 : 1];
    await first.lavalink.close({ keepPlaying: true });
    if (gone !== undefined) gone.faults.unreachable = true;
    const { lavalink } = await openSecondRun(first, first.store);
    await eventually(() => lavalink.players.get(guildId)?.node !== node);
  });
});

test("a client that closes for good leaves nothing in the store", async () => {
  const { lavalink, store, signaling } = await openFirstRun();
  await lavalink.close();
  expect(await store.entries()).toEqual(new Map());
  expect(signaling.requests.at(-1)).toMatchObject({ channelId: null });
});

test("what cannot be read in the store is left out, and a store that fails says so", async () => {
  const store = createMemoryStore();
  await store.set("player/1", "{");
  await store.set("player/2", '{"version":99}');
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const { lavalink, simulators, clock } = await openWorld({ client: { store, logger } });
  expect(lavalink.players.size).toBe(0);
  expect(warnings).toEqual(Array.from({ length: 2 }, () => "A kept Lavalink player cannot be read and is left out"));
  let hasDisk = false;
  const failing: StateStore = {
    ...store,
    entries: () => (hasDisk ? store.entries() : Promise.reject(new Error("no disk"))),
  };
  const broken = createLavalink({ nodes: simulators, signaling: createFakeSignaling(), store: failing, clock });
  onTestFinished(() => broken.close());
  await expect(broken.connect()).rejects.toMatchObject({ code: "LAVALINK_STORE_FAILED", message: /no disk/ });
  hasDisk = true;
  await broken.connect();
  await expect(
    createLavalink({ nodes: simulators, signaling: createFakeSignaling() }).close({ keepPlaying: true }),
  ).rejects.toThrow("keepPlaying needs a store");
});

test("a store that is slower than the changes is given one write of a player at a time, and the latest state", async () => {
  const store = createMemoryStore();
  const waiting: string[] = [];
  const isFast = Promise.withResolvers<void>();
  const slow: StateStore = {
    ...store,
    async set(key, value) {
      waiting.push(key);
      await isFast.promise;
      await store.set(key, value);
    },
  };
  const { clock, join, lavalink } = await openWorld({ client: { store: slow } });
  const player = await join();
  for (let percent = 1; percent <= 50; percent++) {
    await player.setVolume(percent);
    await clock.advance(300);
  }
  expect(waiting.filter((key) => key === `player/${guildId}`)).toHaveLength(1);
  isFast.resolve();
  await lavalink.close({ keepPlaying: true });
  const kept = (await store.entries()).get(`player/${guildId}`) ?? "";
  expect(JSON.parse(kept)).toMatchObject({ volumePercent: 50 });
});

test("every change of a player is written, many as one, positions rarely", async () => {
  const writes: string[] = [];
  const store = createMemoryStore();
  const counting = { ...store, set: (key: string, value: string) => (writes.push(key), store.set(key, value)) };
  const { clock, join, lavalink } = await openWorld({ client: { store: counting } });
  const player = await join();
  await player.play(trackOf(await lavalink.load("radio")));
  for (let turn = 0; turn < 20; turn++) await player.setVolume(turn);
  await clock.advance(250);
  expect(writes.toSorted()).toEqual([`player/${guildId}`, `queue/${guildId}`, "session/node0"]);
  const updated = waitFor(lavalink, "playerUpdate");
  await clock.advance(5_000);
  await updated;
  await clock.advance(9_000);
  expect(writes).toHaveLength(3);
  await clock.advance(1_500);
  expect(writes.slice(3)).toEqual([`player/${guildId}`]);
});

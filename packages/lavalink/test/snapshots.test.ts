import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  createSnapshotManager,
  decodeSnapshot,
  encodeSnapshot,
  restoreSnapshot,
  takeSnapshot,
  type SnapshotManagerOptions,
} from "../src/snapshots/index.ts";
import { channelId, eventually, guildId, openWorld, trackOf } from "./world.ts";

async function openSnapshots(options: Partial<SnapshotManagerOptions> = {}) {
  const world = await openWorld();
  const root = await mkdtemp(join(tmpdir(), "antiphon-snapshots-"));
  const folder = join(root, "deep", "snapshots");
  const { players } = world.lavalink;
  const manager = createSnapshotManager({ folder, players, clock: world.clock, ...options });
  onTestFinished(async () => {
    await manager[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });
  const player = await world.join();
  /** Plays for five seconds, with a queue, filters, volume, and paused. */
  const perform = async () => {
    const { lavalink, events, clock } = world;
    player.queue.add([trackOf(await lavalink.load("rain")), trackOf(await lavalink.load("harbour"))]);
    player.queue.loop = "queue";
    await player.play(trackOf(await lavalink.load("morning")), { requesterId: "7", volumePercent: 60 });
    await eventually(() => events.some(({ type }) => type === "trackStart"));
    await clock.advance(5_000);
    await player.filters.nightcore();
    await player.filters.bassBoost("low");
    await player.pause();
  };
  return { ...world, manager, folder, player, perform };
}

const stateOf = (player: Awaited<ReturnType<typeof openSnapshots>>["player"]) => ({
  current: player.current?.info.identifier,
  requesterId: player.current?.requesterId,
  positionMs: player.positionMs,
  paused: player.paused,
  volumePercent: player.volumePercent,
  loop: player.queue.loop,
  upcoming: player.queue.upcoming().map(({ info }) => info.identifier),
  filters: [...player.filters.layers.keys()],
});

test("a snapshot holds all of a player, is saved to a file, loaded, and put onto another player", async () => {
  const { manager, folder, player, perform, lavalink, simulator } = await openSnapshots();
  await perform();
  const before = stateOf(player);
  expect(before).toMatchObject({
    current: "morning",
    paused: true,
    volumePercent: 60,
    filters: ["nightcore", "bassBoost"],
  });
  const snapshot = manager.create(player);
  const path = await manager.save(snapshot, "guild_backup.json");
  expect(path).toBe(join(folder, "guild_backup.json"));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, "utf8")).not.toMatch(/token|sessionId/);
  const unnamed = await manager.save(snapshot);
  expect(await readdir(folder)).toHaveLength(2);
  expect(await manager.load(unnamed)).toEqual(snapshot);

  await player.leave();
  const again = await lavalink.join({ guildId, channelId });
  await manager.restore(await manager.load(path), again);
  expect(stateOf(again)).toEqual(before);
  expect(simulator.players).toMatchObject([
    { guildId, paused: true, volume: 60, track: { info: { identifier: "morning", position: before.positionMs } } },
  ]);
});

test("a snapshot travels as text, without a manager and a folder", async () => {
  const { player, perform, lavalink, clock } = await openSnapshots();
  await perform();
  const before = stateOf(player);
  const text = encodeSnapshot(takeSnapshot(player, clock.now()));
  await player.leave();
  const again = await lavalink.join({ guildId, channelId });
  const snapshot = decodeSnapshot(text, "the bus");
  expect(snapshot.takenMs).toBe(clock.now());
  await restoreSnapshot(snapshot, again);
  expect(stateOf(again)).toEqual(before);
});

test("a snapshot that is put back for nobody any more rejects with the signal's reason", async () => {
  const { player, perform, clock } = await openSnapshots();
  await perform();
  const snapshot = takeSnapshot(player, clock.now());
  const reason = new Error("enough");
  await expect(restoreSnapshot(snapshot, player, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("a snapshot of silence makes a player silent", async () => {
  const { manager, player, perform, simulator } = await openSnapshots();
  const silence = manager.create(player);
  await perform();
  await manager.restore(silence, player);
  expect(stateOf(player)).toMatchObject({
    current: undefined,
    upcoming: [],
    loop: "off",
    filters: [],
    volumePercent: 100,
  });
  expect(simulator.players).toMatchObject([{ track: null, volume: 100, filters: {} }]);
});

test("automatic snapshots come every five minutes, so many are kept, and stop", async () => {
  const { manager, clock, player, perform } = await openSnapshots({ keep: 2 });
  await perform();
  expect(await manager.list(guildId)).toEqual([]);
  const startMs = clock.now();
  manager.startAutomatic();
  manager.startAutomatic();
  expect(manager.automatic).toBe(true);
  await expect.poll(async () => (await manager.list(guildId)).length).toBe(1);
  await clock.advance(5 * 60_000 - 1);
  expect(await manager.list(guildId)).toHaveLength(1);
  await clock.advance(1);
  await expect.poll(async () => (await manager.list(guildId)).length).toBe(2);
  await clock.advance(5 * 60_000);
  await expect.poll(async () => (await manager.list(guildId))[0]?.takenMs).toBe(startMs + 10 * 60_000);
  await manager.stopAutomatic();
  const kept = await manager.list(guildId);
  expect(kept.map(({ takenMs }) => takenMs - startMs)).toEqual([600_000, 300_000]);
  expect(manager.automatic).toBe(false);
  await clock.advance(3_600_000);
  expect(await manager.list()).toEqual(kept);
  expect(await manager.list("1")).toEqual([]);
  expect((await manager.loadLatest(guildId))?.snapshot.guildId).toBe(player.guildId);
});

test("a corrupted file is refused with a clear error, and the one before it used", async () => {
  const { manager, clock, player, perform } = await openSnapshots();
  await perform();
  const good = await manager.save(manager.create(player));
  await clock.advance(1_000);
  const bad = await manager.save(manager.create(player));
  const text = await readFile(bad, "utf8");
  const corrupt = { code: "LAVALINK_SNAPSHOT_CORRUPT", message: expect.stringContaining(bad) };
  for (const damaged of [text.replace('"volumePercent":60', '"volumePercent":61'), text.slice(0, -10), "{}", ""]) {
    await writeFile(bad, damaged);
    await expect(manager.load(bad)).rejects.toMatchObject(corrupt);
  }
  expect(await manager.loadLatest(guildId)).toMatchObject({
    path: good,
    snapshot: { volumePercent: 60 },
    refused: [{ path: bad, error: { code: "LAVALINK_SNAPSHOT_CORRUPT" } }],
  });
  await manager.save({ ...manager.create(player), version: 2 as never }, "later.json");
  await expect(manager.load(good.replace(/[^/]+$/, "later.json"))).rejects.toMatchObject({
    code: "LAVALINK_SNAPSHOT_VERSION",
  });
  await manager.save({ ...manager.create(player), volumePercent: -1 }, "impossible.json");
  await expect(manager.load(good.replace(/[^/]+$/, "impossible.json"))).rejects.toMatchObject({
    code: "LAVALINK_SNAPSHOT_CORRUPT",
  });
  await expect(manager.load("/nowhere/at.all")).rejects.toMatchObject({ code: "LAVALINK_SNAPSHOT_NOT_FOUND" });
});

test("a name that leads out of the folder, and an interval of nothing, are refused", async () => {
  const { manager, folder, player } = await openSnapshots();
  const invalid = { code: "LAVALINK_INVALID_ARGUMENT" };
  for (const name of ["../x.json", "/etc/x", ".hidden"]) {
    await expect(manager.save(manager.create(player), name)).rejects.toMatchObject(invalid);
  }
  expect(() => createSnapshotManager({ folder, intervalMinutes: 0 })).toThrow(expect.objectContaining(invalid));
  expect(await manager.loadLatest(guildId)).toBeNull();
});

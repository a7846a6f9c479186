import type { GuildId } from "@antiphon/protocol/discord";
import { systemClock } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import { channelId, eventually, guildId, openWorld, trackOf } from "./world.ts";

test("a dropped socket resumes the session and nothing is sent again", async () => {
  const { clock, simulator, lavalink, join, patches, next, events } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("rain")));
  await eventually(() => simulator.sessions.every((session) => session.resuming));
  expect(simulator.sessions).toMatchObject([{ timeoutSeconds: 60, clientName: "antiphon/0", userId: "1000" }]);
  const back = next("nodeReady");
  simulator.faults.dropSockets();
  expect((await back).resumed).toBe(true);
  await player.setVolume(50);
  expect(patches()).toHaveLength(2);
  const ended = next("trackEnd");
  await clock.advance(95_000);
  expect((await ended).reason).toBe("finished");
  expect(events.filter((event) => event.type === "nodeLost")).toEqual([]);
});

test("what ended while the socket was gone is replayed once", async () => {
  const client = { clock: systemClock, resumeTimeoutSeconds: 600 };
  const { clock, simulator, lavalink, join, next, events } = await openWorld({ client });
  const player = await join();
  await player.play(trackOf(await lavalink.load("rain")));
  await eventually(() => simulator.sessions.every((session) => session.resuming));
  const lost = next("nodeLost");
  const back = next("nodeReady");
  simulator.faults.unreachable = true;
  await lost;
  await clock.advance(95_000);
  simulator.faults.unreachable = false;
  expect((await back).resumed).toBe(true);
  await eventually(() => events.some((event) => event.type === "queueEmpty"));
  expect(events.filter((event) => event.type === "trackEnd")).toHaveLength(1);
  expect(player.current).toBeNull();
});

test("a restarted node gets every player again by one PATCH each", async () => {
  const { simulator, lavalink, join, patches, next, events } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")), { positionMs: 30_000, volumePercent: 70 });
  await player.pause();
  const idle = await lavalink.join({ guildId: "2", channelId: "3" });
  const before = patches().length;
  const back = next("nodeReady");
  simulator.faults.restart();
  expect((await back).resumed).toBe(false);
  await eventually(() => simulator.players.length === 1);
  expect(
    patches()
      .slice(before)
      .map((patch) => patch.body),
  ).toMatchObject([
    { voice: { channelId }, track: { encoded: player.current?.encoded }, position: 30_000, volume: 70, paused: true },
  ]);
  await idle.play(trackOf(await lavalink.load("rain")));
  expect(simulator.players).toHaveLength(2);
  await eventually(() => events.filter((event) => event.type === "trackStart").length === 2);
  expect(events.filter((event) => event.type === "trackEnd")).toEqual([]);
});

describe("failover", () => {
  test("the players of a dead node move to another by one PATCH each, and end there once", async () => {
    const { clock, simulators, lavalink, patches, next, events } = await openWorld({ nodes: 2 });
    const track = trackOf(await lavalink.load("rain"));
    const guilds = Array.from({ length: 40 }, (_, index) => String(1000 + index) as GuildId);
    const players = await Promise.all(guilds.map((each) => lavalink.join({ guildId: each, channelId })));
    await Promise.all(players.map((player) => player.play(track)));
    expect(lavalink.nodes.map((node) => node.players)).toEqual([20, 20]);
    const lost = next("nodeLost");
    const [dying, surviving] = simulators;
    if (dying === undefined || surviving === undefined) throw new Error("two nodes were started");
    dying.faults.unreachable = true;
    expect((await lost).node).toBe("node0");
    await eventually(() => events.filter((event) => event.type === "playerMoved").length === 20);
    expect(surviving.players).toHaveLength(40);
    expect(patches(1)).toHaveLength(40);
    expect(players.every((player) => player.node === "node1")).toBe(true);
    await clock.advance(95_000);
    await eventually(() => events.filter((event) => event.type === "trackEnd").length === 40);
  });

  test("a node that comes back is cleared of players that moved away", async () => {
    const { simulators, lavalink, events, join } = await openWorld({ nodes: 2, client: { clock: systemClock } });
    const player = await join();
    await player.play(trackOf(await lavalink.load("morning")));
    const [dying] = simulators;
    if (dying === undefined) throw new Error("two nodes were started");
    expect(player.node).toBe("node0");
    await eventually(() => dying.sessions.every((session) => session.resuming));
    dying.faults.unreachable = true;
    await eventually(() => events.some((event) => event.type === "playerMoved"));
    expect(dying.players).toHaveLength(1);
    dying.faults.unreachable = false;
    await eventually(() => lavalink.nodes.every((node) => node.ready) && dying.players.length === 0);
    expect(player.node).toBe("node1");
  });

  test("commands wait while no node is there, and the latest wins when one is back", async () => {
    const { simulator, lavalink, join, next } = await openWorld({ client: { clock: systemClock } });
    const player = await join();
    await player.play(trackOf(await lavalink.load("morning")));
    const rain = trackOf(await lavalink.load("rain"));
    const lost = next("nodeLost");
    simulator.faults.unreachable = true;
    await lost;
    const commands = [player.setVolume(10), player.setVolume(20), player.play(rain)];
    simulator.faults.unreachable = false;
    await Promise.all(commands);
    expect(simulator.players).toMatchObject([{ volume: 20, track: { info: { identifier: "rain" } } }]);
  });

  test("a command that waits too long is given up", async () => {
    const { simulator, lavalink, join, next } = await openWorld({
      client: { clock: systemClock, commandTimeoutMs: 1 },
    });
    const player = await join();
    await player.play(trackOf(await lavalink.load("morning")));
    const lost = next("nodeLost");
    simulator.faults.unreachable = true;
    await lost;
    await expect(player.setVolume(10)).rejects.toMatchObject({ code: "LAVALINK_NODE_LOST" });
    expect(player.volumePercent).toBe(100);
    await expect(lavalink.load("morning")).rejects.toMatchObject({ code: "LAVALINK_NO_NODE" });
  });
});

test("a socket that is open but dead is noticed", async () => {
  const { simulator, next } = await openWorld({ client: { clock: systemClock, heartbeatMs: 20 } });
  const back = next("nodeReady");
  simulator.faults.freezeSockets();
  await back;
});

test("an expired session behind a live socket is opened anew", async () => {
  const { simulator, lavalink, join, next } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  const back = next("nodeReady");
  simulator.faults.failRequests({ status: 404, method: "PATCH", path: /players/, message: "Session not found" });
  await player.setVolume(30);
  await back;
  expect(simulator.players).toMatchObject([{ guildId, volume: 30 }]);
});

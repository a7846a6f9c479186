import { systemClock } from "@antiphon/std";
import { expect, test, vi } from "vitest";
import { createMemoryStore } from "../src/stores/index.ts";
import { eventually, guildId, openWorld, trackOf } from "./world.ts";

// Faults that were found in other clients (shoukaku 4.3.0, lavalink-client 2.11.0), so that they are never ours. The others of the list:
// players of a dead node that stay there, or take those of other nodes along: recovery.test.ts, failover; filters that replace each other:
// filters.test.ts; refusals taken for success: playback.test.ts, node.test.ts; a session that is not resumed, and its time in milliseconds:
// recovery.test.ts; voice dispatches in the wrong order, without an endpoint: voice.test.ts; TLS on another port: policy.test.ts.

test("a reconnect whose first tries fail ends with a node that stays (shoukaku 247)", async () => {
  const { simulator, lavalink, join, next, events } = await openWorld({ client: { clock: systemClock } });
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  await eventually(() => simulator.sessions.every((session) => session.resuming));
  const lost = next("nodeLost");
  simulator.faults.unreachable = true;
  await lost;
  const back = next("nodeReady");
  simulator.faults.unreachable = false;
  await back;
  // The socket is asked and answers, so nothing of the failed tries has torn it down.
  await player.setVolume(40);
  const update = next("playerUpdate");
  simulator.faults.sendRaw(
    JSON.stringify({ op: "playerUpdate", guildId, state: { time: 1, position: 7_000, connected: true, ping: 3 } }),
  );
  expect((await update).guildId).toBe(guildId);
  expect(lavalink.nodes).toMatchObject([{ ready: true, players: 1 }]);
  expect(events.filter((event) => event.type === "nodeLost")).toHaveLength(1);
  expect(simulator.players).toMatchObject([{ guildId, volume: 40 }]);
});

test("what is paused stays paused, whatever else changes (shoukaku)", async () => {
  const { simulator, lavalink, join } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  await player.pause();
  await player.setVolume(30);
  await player.filters.nightcore();
  await player.seek(5_000);
  expect(player.paused).toBe(true);
  expect(simulator.players).toMatchObject([{ paused: true, volume: 30 }]);
});

test("filters are cleared with an empty object, since null is none (shoukaku)", async () => {
  const { simulator, lavalink, join, patches } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  await player.filters.bassBoost("high");
  await player.filters.clear();
  expect(patches().at(-1)?.body).toEqual({ filters: {} });
  expect(simulator.players).toMatchObject([{ filters: {} }]);
});

test("a dispatch that the node refuses is told, and rejects nowhere else (lavalink-client)", async () => {
  const { simulator, lavalink, join, signaling, next } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  simulator.faults.failRequests({ status: 400, method: "PATCH", path: /players/ });
  const told = next("playerError");
  // Nobody awaits what this leads to; a rejection without a handler would fail the test.
  signaling.server(guildId, "elsewhere.invalid:443", "another token");
  expect((await told).error).toMatchObject({ code: "LAVALINK_BAD_REQUEST" });
  expect(player.current?.info.identifier).toBe("morning");
});

test("a move between nodes sends the gateway nothing, and a PATCH to one node only (lavalink-client)", async () => {
  const { simulators, lavalink, join, signaling, next, patches } = await openWorld({ nodes: 2 });
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  const from = Number(player.node.slice("node".length));
  const commands = signaling.requests.length;
  const moved = next("playerMoved");
  const [dying] = simulators.slice(from);
  if (dying === undefined) throw new Error("two nodes were started");
  dying.faults.unreachable = true;
  await moved;
  expect(signaling.requests).toHaveLength(commands);
  expect(patches(from)).toHaveLength(1);
  expect(patches(1 - from)).toHaveLength(1);
});

test("positions copy no queue, neither for their event nor for the store (lavalink-client)", async () => {
  const { simulator, lavalink, join, clock, events } = await openWorld({ client: { store: createMemoryStore() } });
  const player = await join();
  const track = trackOf(await lavalink.load("morning"));
  player.queue.add(Array.from({ length: 500 }, () => track));
  await player.play(track);
  await clock.advance(1_000);
  const copies = (["upcoming", "history", "view"] as const).map((name) => vi.spyOn(player.queue, name));
  const counts = () => copies.map(({ mock }) => mock.calls.length);
  for (let position = 1; position <= 200; position++) {
    const state = { time: 1, position, connected: true, ping: 3 };
    simulator.faults.sendRaw(JSON.stringify({ op: "playerUpdate", guildId, state }));
  }
  const updates = () => events.filter((event) => event.type === "playerUpdate");
  await eventually(() => updates().length >= 200);
  // By then positions are also written.
  await clock.advance(15_000);
  expect(counts()).toEqual([0, 0, 0]);
  expect(Object.keys(updates()[0] ?? {}).toSorted()).toEqual(["connected", "guildId", "pingMs", "positionMs", "type"]);
  player.queue.add([track, track]);
  player.queue.shuffle();
  await clock.advance(1_000);
  expect(counts()).toEqual([1, 1, 0]);
});

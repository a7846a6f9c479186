import { systemClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { eventually, guildId, openWorld, trackOf } from "./world.ts";

// The node's clock stands still, so that it sends nothing by itself; the client's runs.
const client = { clock: systemClock, silenceMs: 30 };

test("a player that its node lost is brought back", async () => {
  const { simulator, lavalink, join, next } = await openWorld({ client });
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  const silent = next("playerSilent");
  const [session] = simulator.sessions;
  await fetch(`${simulator.url}/v4/sessions/${session?.sessionId}/players/${guildId}`, {
    method: "DELETE",
    headers: { Authorization: simulator.password },
  });
  expect(simulator.players).toEqual([]);
  expect((await silent).silentMs).toBeGreaterThanOrEqual(30);
  await eventually(() => simulator.players[0]?.track?.info.identifier === "morning");
  expect(player.current?.info.identifier).toBe("morning");
});

test("a track whose end was never told gives way to the next", async () => {
  const { simulator, lavalink, join, events } = await openWorld({ client });
  const player = await join();
  player.queue.add(trackOf(await lavalink.load("rain")));
  await player.play(trackOf(await lavalink.load("morning")));
  await eventually(() => events.some((event) => event.type === "trackStart"));
  // Stopped behind the client's back: the event names a playing of nobody, as if it were lost.
  simulator.faults.loseEvents = true;
  const [session] = simulator.sessions;
  await fetch(`${simulator.url}/v4/sessions/${session?.sessionId}/players/${guildId}`, {
    method: "PATCH",
    headers: { Authorization: simulator.password, "Content-Type": "application/json" },
    body: JSON.stringify({ track: { encoded: null } }),
  });
  await eventually(() => player.current?.info.identifier === "rain");
  expect(events.filter((event) => event.type === "trackEnd")).toMatchObject([{ reason: "finished" }]);
});

test("a paused player may be silent", async () => {
  const { clock, lavalink, join, events, simulator } = await openWorld({ client: { silenceMs: 20_000 } });
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  await player.pause();
  const before = simulator.requests.length;
  await clock.advance(120_000);
  expect(events.filter((event) => event.type === "playerSilent")).toEqual([]);
  expect(simulator.requests).toHaveLength(before);
});

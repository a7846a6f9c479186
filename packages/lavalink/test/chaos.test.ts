import type { GuildId } from "@antiphon/protocol/discord";
import { createSeededRandom, systemClock, type Random } from "@antiphon/std";
import type { LavalinkSimulator } from "@antiphon/sim/lavalink";
import { expect, test } from "vitest";
import type { LavalinkEvent, Player, Track } from "../src/index.ts";
import { channelId, eventually, openWorld, trackOf } from "./world.ts";

// Whatever nodes and commands do in between: no playing starts or ends twice, and in the end every player is on exactly one node.

const steps = 40;
const guilds = ["101", "102", "103"] as GuildId[];

function misbehave(random: Random, simulators: readonly LavalinkSimulator[]): void {
  const { faults } = random.pick(simulators);
  random.pick([
    () => faults.dropSockets(),
    () => faults.restart(),
    () => (faults.unreachable = true),
    () => (faults.unreachable = false),
    () => faults.failRequests({ status: 500, method: "PATCH", path: /players/, applied: random.next() < 0.5 }),
    () => faults.failRequests({ status: 429, retryAfterSeconds: 0.01 }),
    () => (faults.latencyMs = 5),
    () => (faults.jitterMs = 5),
    () => faults.setRates({ latencySpikeRatio: 0.2, latencySpikeMs: 10 }),
    () => faults.setRates({ connectionDropRatio: 0.05 }),
  ])();
}

function command(random: Random, players: readonly Player[], tracks: readonly Track[]): Promise<unknown> {
  const player = random.pick(players);
  return random.pick<() => Promise<unknown>>([
    () => player.play(random.pick(tracks)),
    () => player.skip(),
    () => player.pause(),
    () => player.resume(),
    () => player.setVolume(random.integer(0, 200)),
    () => player.stop(),
  ])();
}

/** A track that no other playing shares, so that its events can be counted. */
function marker(track: Track, name: string): Track {
  return { ...track, userData: { name } };
}

function countByName(events: readonly LavalinkEvent[], type: "trackStart" | "trackEnd"): readonly number[] {
  const names = new Map<unknown, number>();
  for (const event of events) {
    if (event.type !== type) continue;
    const { name } = event.track.userData;
    names.set(name, (names.get(name) ?? 0) + 1);
  }
  return [...names.values()];
}

// All 200 with ANTIPHON_CHAOS_SEEDS=200; a single one, say 137, with ANTIPHON_CHAOS_SEED=137.
const only = process.env["ANTIPHON_CHAOS_SEED"]?.split(",").map(Number);
const seedCount = Number(process.env["ANTIPHON_CHAOS_SEEDS"] ?? 20);
const seeds = only ?? Array.from({ length: seedCount }, (_, index) => index + 1);

test.each(seeds)("seed %i", async (seed) => {
  const random = createSeededRandom(seed);
  const client = {
    clock: systemClock,
    random: { ...createSeededRandom(seed), next: () => 0.02 },
    resumeTimeoutSeconds: 600,
  };
  const { simulators, lavalink, events } = await openWorld({ nodes: 2, client, simulator: { clock: systemClock } });
  const morning = trackOf(await lavalink.load("morning"));
  const tracks = [morning, trackOf(await lavalink.load("rain"))];
  const players = await Promise.all(guilds.map((guildId) => lavalink.join({ guildId, channelId })));
  const commands: Promise<unknown>[] = [];
  for (let step = 0; step < steps; step++) {
    if (random.next() < 0.4) misbehave(random, simulators);
    const named = tracks.map((track, index) => marker(track, `${step}.${index}`));
    commands.push(command(random, players, named).catch(() => {}));
    for (let turns = random.integer(0, 20); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const { faults } of simulators) faults.heal();
  await Promise.all(commands);
  await eventually(() => lavalink.nodes.every((node) => node.ready));
  await Promise.all(players.map((player) => player.play(marker(morning, `last of ${player.guildId}`))));
  await eventually(() => guilds.every((guildId) => playersOf(simulators, guildId).length === 1));
  for (const player of players) {
    expect(playersOf(simulators, player.guildId)).toMatchObject([{ track: { userData: player.current?.userData } }]);
  }
  await Promise.all(players.map((player) => player.stop()));
  await eventually(() => guilds.every((guildId) => ended(events, `last of ${guildId}`)));
  expect(countByName(events, "trackStart").every((count) => count === 1)).toBe(true);
  expect(countByName(events, "trackEnd").every((count) => count === 1)).toBe(true);
});

function playersOf(simulators: readonly LavalinkSimulator[], guildId: GuildId) {
  return simulators.flatMap(({ players }) => players.filter((player) => player.guildId === guildId));
}

function ended(events: readonly LavalinkEvent[], name: string): boolean {
  return events.some((event) => event.type === "trackEnd" && event.track.userData["name"] === name);
}

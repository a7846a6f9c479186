import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ChannelId } from "@antiphon/protocol/discord";
import { createMemoryStore } from "@antiphon/lavalink/stores";
import type { Track } from "@antiphon/lavalink";
import { encodeTrack, encodeProbeDetails, trackInfoOf, decodeTrack } from "@antiphon/protocol/lavalink";
import { connectClient, openAntiphon, type Library } from "./clients.ts";
import { startNodeProcess, type NodeHandle } from "./node-handle.ts";

const guildAt = (index: number) => String(100_000_000_000_000_000n + BigInt(index));
/** The ids of so many guilds. */
export const guilds = (count: number) => Array.from({ length: count }, (_, index) => guildAt(index));
const pause = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));

/** A track of ten minutes, as a node would give it. */
export function sampleTrack(): Track {
  const encoded = encodeTrack({
    version: 3,
    title: "Morning Train (Official Video)",
    author: "The Simulated",
    lengthMs: 600_000n,
    identifier: "morning",
    isStream: false,
    uri: "https://music.invalid/morning",
    artworkUrl: "https://music.invalid/morning.jpg",
    isrc: "XXSIM2600001",
    sourceName: "http",
    details: encodeProbeDetails("mp3"),
    positionMs: 0n,
  });
  return { encoded, info: trackInfoOf(decodeTrack(encoded)), pluginInfo: {}, userData: {} };
}

async function withNodes<Result>(
  count: number,
  work: (nodes: readonly NodeHandle[]) => Promise<Result>,
): Promise<Result> {
  const nodes = await Promise.all(Array.from({ length: count }, startNodeProcess));
  try {
    return await work(nodes);
  } finally {
    for (const node of nodes) node.close();
  }
}

async function joinAll(library: Library, nodes: readonly NodeHandle[], guildIds: readonly string[]) {
  const client = await connectClient(
    library,
    nodes.map(({ port }) => port),
  );
  for (const guildId of guildIds) await client.join(guildId);
  return client;
}

/** Milliseconds of a play, one after another: median and 99th percentile. */
export function playRoundTrip(library: Library, plays: number) {
  return withNodes(1, async (nodes) => {
    const client = await joinAll(library, nodes, guilds(20));
    const track = sampleTrack();
    const timesMs: number[] = [];
    for (let index = 0; index < plays + 100; index++) {
      const startedMs = performance.now();
      await client.play(guildAt(index % 20), track);
      if (index >= 100) timesMs.push(performance.now() - startedMs);
    }
    const sorted = timesMs.toSorted((left, right) => left - right);
    await client.close();
    const at = (ratio: number) => sorted[Math.floor(sorted.length * ratio)] ?? Number.NaN;
    return { p50: at(0.5), p99: at(0.99) };
  });
}

/** So many positions come before those that are counted: the engine has compiled what they run through by then. */
export const WARM_POSITIONS = 50_000;

/** Microseconds of CPU for a position, with so many tracks waiting in each of the queues. */
export function updateCpu(library: Library, players: number, queueLength: number, rounds: number) {
  return withNodes(1, async (nodes) => {
    const guildIds = guilds(players);
    const client = await joinAll(library, nodes, guildIds);
    const track = sampleTrack();
    for (const guildId of guildIds) {
      await client.play(guildId, track);
      client.fillQueue(guildId, track, queueLength);
    }
    const last = Promise.withResolvers<void>();
    client.onUpdate((positionMs) => positionMs >= 599_000 && last.resolve());
    const warmRounds = Math.ceil(WARM_POSITIONS / players);
    await nodes[0]?.order({ kind: "updates", guildIds: guildIds.slice(1), rounds: warmRounds });
    await last.promise;
    const again = Promise.withResolvers<void>();
    client.onUpdate((positionMs) => positionMs >= 599_000 && again.resolve());
    const before = process.cpuUsage();
    // The player of the warm-up stands at its end, so the mark is another's.
    await nodes[0]?.order({ kind: "updates", guildIds: guildIds.slice(0, -1), rounds });
    await again.promise;
    const { user, system } = process.cpuUsage(before);
    await client.close();
    return (user + system) / ((players - 1) * rounds);
  });
}

/** Milliseconds from a node's death until the other plays all its players, and how many tracks the other was sent for them. */
export function failover(library: Library, players: number, latencyMs: number, limitMs: number) {
  return withNodes(2, async (nodes) => {
    const [dying, other] = nodes as readonly [NodeHandle, NodeHandle];
    // Twice as many, so that half of them are on each node, wherever a library puts them.
    const guildIds = guilds(players * 2);
    const client = await joinAll(library, nodes, guildIds);
    const track = sampleTrack();
    await Promise.all(guildIds.map((guildId) => client.play(guildId, track)));
    await Promise.all(nodes.map((node) => node.order({ kind: "latency", latencyMs })));
    const before = await other.order({ kind: "count" });
    const { players: lost } = await dying.order({ kind: "die" });
    const startedMs = performance.now();
    let now = before;
    while (now.players < before.players + lost && performance.now() - startedMs < limitMs) {
      await pause(5);
      now = await other.order({ kind: "count" });
    }
    const elapsedMs = performance.now() - startedMs;
    await client.close().catch(() => {});
    return { elapsedMs, lost, moved: now.players - before.players, starts: now.starts - before.starts };
  });
}

/** Bytes of heap for an idle player. */
export function heapPerPlayer(library: Library, players: number) {
  return withNodes(1, async (nodes) => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const heapBytes = async () => {
      for (let index = 0; index < 4; index++) {
        collect();
        await pause(20);
      }
      return process.memoryUsage().heapUsed;
    };
    const client = await joinAll(library, nodes, guilds(100));
    const before = await heapBytes();
    for (let index = 100; index < players + 100; index++) await client.join(guildAt(index));
    const after = await heapBytes();
    await client.close();
    return (after - before) / players;
  });
}

/** Milliseconds from the start of a client until every player of an earlier run answers commands, and how many tracks were sent. */
export function restart(players: number) {
  return withNodes(1, async (nodes) => {
    const [node] = nodes as readonly [NodeHandle];
    const store = createMemoryStore();
    const first = await openAntiphon([node.port], { store });
    const track = sampleTrack();
    const channelId = "81384788765712385" as ChannelId;
    const joined = await Promise.all(guilds(players).map((guildId) => first.join({ guildId: guildId, channelId })));
    await Promise.all(joined.map((player) => player.play(track)));
    await first.close({ keepPlaying: true });
    const { starts } = await node.order({ kind: "count" });
    await pause(200);
    const startedMs = performance.now();
    const second = await openAntiphon([node.port], { store });
    await Promise.all([...second.players.values()].map((player) => player.setVolume(90)));
    const elapsedMs = performance.now() - startedMs;
    const after = await node.order({ kind: "count" });
    await second.close();
    return { elapsedMs, restarted: after.starts - starts, players: after.players };
  });
}

import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type BenchContext } from "@antiphon/bench";
import { decodeTrack } from "@antiphon/protocol/lavalink";
import { eventChannel, frameChannel } from "../src/diagnostics.ts";
import { PlayerUpdateReader } from "../src/read-update.ts";
import type { Library } from "./clients.ts";
import { sampleTrack } from "./scenarios.ts";

const clientProcess = fileURLToPath(new URL("client-process.ts", import.meta.url));

/** Runs one scenario in a process of its own, against nodes in further ones. */
async function run<Figures>(scenario: string, library: Library, ...numbers: readonly number[]): Promise<Figures> {
  const { output } = await measureProcess(clientProcess, [scenario, library, ...numbers.map(String)]);
  return JSON.parse(output) as Figures;
}

type Measure = (library: Library, context: BenchContext) => Promise<number>;
const against = (rival: Library, version: string, measure: Measure) => ({
  subject: { name: "antiphon", measure: (context: BenchContext) => measure("antiphon", context) },
  rival: { name: rival, version, measure: (context: BenchContext) => measure(rival, context) },
});
const shoukaku = (measure: Measure) => against("shoukaku", "4.3.0", measure);
const lavalinkClient = (measure: Measure) => against("lavalink-client", "2.11.0", measure);

interface PlayTimes {
  readonly p50: number;
  readonly p99: number;
}
const playTime =
  (which: keyof PlayTimes): Measure =>
  async (library, { isQuick }) =>
    (await run<PlayTimes>("play", library, isQuick ? 400 : 2_000))[which];

export const playMedian = defineBench({
  name: "play, round trip, median",
  unit: "ms",
  ...shoukaku(playTime("p50")),
  bar: { atMostTimesRival: 0.5 },
  note: "The node's share is the same for both and within the figure.",
});
export const playTail = defineBench({
  name: "play, round trip, 99th percentile",
  unit: "ms",
  ...shoukaku(playTime("p99")),
  bar: { atMostTimesRival: 0.5 },
});

export const playFloor = defineBench({
  name: "play, the request alone, median",
  unit: "ms",
  subject: {
    name: "undici",
    measure: async ({ isQuick }) => (await run<PlayTimes>("playFloor", "antiphon", isQuick ? 400 : 2_000)).p50,
  },
  note: "No client: what is left is undici, the kernel and the node.",
});

const updateCpu =
  (players: number, queueLength: number): Measure =>
  (library, { isQuick }) =>
    run<number>("updates", library, players, queueLength, (isQuick ? 40_000 : 200_000) / players);

export const updates = defineBench({
  name: "CPU for a position, 1,000 players, queues empty",
  unit: "µs",
  ...shoukaku(updateCpu(1_000, 0)),
  bar: { atMostTimesRival: 0.5 },
});
export const updatesWithQueues = defineBench({
  name: "CPU for a position, 200 players, 500 tracks in each queue",
  unit: "µs",
  ...lavalinkClient(updateCpu(200, 500)),
  bar: { atMostTimesRival: 0.5 },
  note: "shoukaku has no queue.",
});

export const updateFloor = defineBench({
  name: "CPU for a position, received and not looked at",
  unit: "µs",
  subject: {
    name: "ws",
    measure: ({ isQuick }) => run<number>("updateFloor", "antiphon", 1_000, isQuick ? 40 : 200),
  },
  note: "No client: what is left is ws and the kernel, read as ws does by itself.",
});

interface Failover {
  readonly elapsedMs: number;
  readonly lost: number;
  readonly moved: number;
  readonly starts: number;
}
const failover = (latencyMs: number, atMost: number) =>
  defineBench({
    name: `a node with 1,000 playing players dies, node latency ${latencyMs} ms`,
    unit: "ms until all play elsewhere",
    ...lavalinkClient(async (library) => {
      const { elapsedMs, lost, moved, starts } = await run<Failover>("failover", library, 1_000, latencyMs, 30_000);
      const isOurs = library === "antiphon";
      if (isOurs && (moved !== lost || starts !== lost)) {
        throw new Error(`${moved} of ${lost} moved, with ${starts} starts`);
      }
      return elapsedMs;
    }),
    bar: { atMost },
    note: "30,000 ms means: not all within that time. Ours throws unless each moved exactly once. shoukaku 4.3.0 moves none.",
  });
export const failoverAtOnce = failover(0, 1_000);
export const failoverWithLatency = failover(20, 2_000);

export const heap = defineBench({
  name: "heap of an idle player, at 10,000",
  unit: "bytes",
  ...shoukaku((library, { isQuick }) => run<number>("heap", library, isQuick ? 3_000 : 10_000)),
  bar: { atMost: 1_536 },
});

interface Restart {
  readonly elapsedMs: number;
  readonly restarted: number;
  readonly players: number;
}
export const processRestart = defineBench({
  name: "our process restarts, 1,000 players",
  unit: "ms until all answer",
  subject: {
    name: "antiphon",
    async measure() {
      const { elapsedMs, restarted, players } = await run<Restart>("restart", "antiphon", 1_000);
      if (restarted > 0 || players !== 1_000) throw new Error(`${restarted} of ${players} tracks were started again`);
      return elapsedMs;
    },
  },
  bar: { atMost: 2_000 },
  note: "Throws if any track was sent again. Each player's volume is set within the time.",
});

const state = { time: 1_763_730_000_000, position: 95_000, connected: true, ping: 20 };
const frame = Buffer.from(JSON.stringify({ op: "playerUpdate", state, guildId: "100000000000000001" }));
const reader = new PlayerUpdateReader();
const CHECKS = 5_000_000;
/** Nanoseconds of CPU for a call. */
function nanosecondsOf(calls: number, call: () => unknown): number {
  let kept: unknown;
  for (let index = 0; index < calls / 10; index++) kept = call();
  const before = process.cpuUsage();
  for (let index = 0; index < calls; index++) kept = call();
  const { user, system } = process.cpuUsage(before);
  if (kept === Symbol.iterator) throw new Error("never; it keeps the calls from being left out");
  return ((user + system) * 1_000) / calls;
}
export const silentDebug = defineBench({
  name: "debug tools that nobody uses, of the time to read a position's frame",
  unit: "ratio",
  subject: {
    name: "antiphon",
    measure() {
      // What a frame passes on its way: is anybody listening to frames, and to events?
      const checks = nanosecondsOf(CHECKS, () => frameChannel.hasSubscribers || eventChannel.hasSubscribers);
      return checks / nanosecondsOf(CHECKS / 20, () => reader.read(frame));
    },
  },
  bar: { atMost: 0.05 },
});

const { encoded } = sampleTrack();
const DECODES = 10_000;
export const decode = defineBench({
  name: "decode of an encoded track",
  unit: "tracks a second",
  subject: {
    name: "decodeTrack",
    measure() {
      for (let index = 0; index < DECODES; index++) decodeTrack(encoded);
      const before = process.cpuUsage();
      for (let index = 0; index < DECODES * 30; index++) decodeTrack(encoded);
      const { user, system } = process.cpuUsage(before);
      return (DECODES * 30 * 1e6) / (user + system);
    },
  },
  bar: { atLeast: 1_500_000 },
});

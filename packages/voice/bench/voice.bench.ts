import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type BenchContext } from "@antiphon/bench";
import { runBadLine } from "./bad-line.ts";
import { runJoins, runStreams, type Library, type StreamRun } from "./sending-runs.ts";
import type { StalledResult } from "./stalled-consumer.ts";
import type { LoadResult, LoadTask } from "./stream-load.ts";

const RIVAL = { name: "@discordjs/voice", version: "0.19.2" };
const BLOCK_MS = 200;
/** The runs of 50 blocked streams, which three benchmarks look at; their names' order makes the clock's come first. */
const runs: Readonly<Record<Library, StreamRun[]>> = { antiphon: [], discordjs: [] };

const blocked = async (library: Library, streams: number, { isQuick }: BenchContext): Promise<StreamRun> => {
  const run = await runStreams(library, { streams, windowMs: isQuick ? 2_000 : 10_000, blockMs: BLOCK_MS });
  if (streams > 1) runs[library].push(run);
  return run;
};
/** How often something happened in all runs, per 20,000 packets. */
const rate = async (library: Library, context: BenchContext, event: "longGaps" | "bursts"): Promise<number> => {
  if (runs[library].length === 0) await blocked(library, 50, context);
  const sum = (name: "gaps" | typeof event) => runs[library].reduce((total, run) => total + run[name], 0);
  return (sum(event) * 20_000) / sum("gaps");
};
/** Both libraries as contenders. */
const contenders = (name: string, measure: (library: Library, context: BenchContext) => Promise<number>) => ({
  subject: { name, measure: (context: BenchContext) => measure("antiphon", context) },
  rival: { ...RIVAL, measure: (context: BenchContext) => measure("discordjs", context) },
});

const clockError = (streams: number) =>
  defineBench({
    name: `p99 of |gap - 20 ms|, ${streams} ${streams === 1 ? "stream" : "streams"}, main thread blocked 200 ms a second`,
    unit: "ms",
    ...contenders("play", async (library, context) => (await blocked(library, streams, context)).p99ErrorMs),
    bar: { atMostTimesRival: 0.1 },
    note: "Arrivals stamped in the voice server's process.",
  });

const counted = (event: "longGaps" | "bursts", what: string) =>
  defineBench({
    name: `${what}, 50 streams, main thread blocked 200 ms a second`,
    unit: "in 20,000 packets",
    ...contenders("play", (library, context) => rate(library, context, event)),
    bar: { atMost: 0 },
    note: "Over all runs of the benchmark before.",
  });

export const clockOfOne = clockError(1);
export const clockOfFifty = clockError(50);
export const countOfLongGaps = counted("longGaps", "gaps over 60 ms");
export const countOfBursts = counted("bursts", "bursts: packets less than 5 ms after the one before");

const cpuOf = (streams: number, quickStreams: number) =>
  defineBench({
    name: `CPU per stream, ${streams} streams${quickStreams === streams ? "" : ` (${quickStreams} when quick)`}, DAVE on`,
    unit: "ms CPU per stream and second",
    ...contenders("play", async (library, { isQuick }) => {
      const [count, windowMs] = isQuick ? [quickStreams, 2_000] : [streams, 10_000];
      return (await runStreams(library, { streams: count, windowMs, blockMs: 0 })).cpuMs;
    }),
    bar: { atMostTimesRival: 0.5 },
    note: "All threads of the sending process; frames of 160 bytes passed through.",
  });

export const cpu = cpuOf(50, 50);
export const cpuOfMany = cpuOf(200, 60);

const processFile = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const load = (streams: number, input: LoadTask["input"], what: string) =>
  defineBench({
    name: `packets sent on time, ${streams} streams on one worker, ${what}`,
    unit: "%",
    subject: {
      name: "play",
      async measure({ isQuick }) {
        const task: LoadTask = { streams, input, windowMs: isQuick ? 2_000 : 20_000 };
        const { output } = await measureProcess(processFile("stream-load.ts"), [JSON.stringify(task)]);
        return (JSON.parse(output) as LoadResult).onTimePercent;
      },
    },
    bar: { atLeast: 99.5 },
    note: "On time: within its 20 ms. Transport encryption and UDP, no DAVE, no WebSockets.",
  });

export const passThroughLoad = load(500, "opus", "Opus passed through");
export const encodingLoad = load(100, "pcm", "encoding on the main thread");

export const badLine = defineBench({
  name: "packets that arrive and are not heard in order, 5 % disordered and 2 % lost on the line",
  unit: "packets",
  subject: {
    name: "receive",
    async measure({ isQuick }) {
      const { lostOrDisordered, keptFirst } = await runBadLine(isQuick ? 250 : 3_000, 7);
      return lostOrDisordered + (keptFirst ? 0 : 1);
    },
  },
  bar: { atMost: 0 },
  note: "DAVE room of two; the first frame counts as well.",
});

export const stalledConsumer = defineBench({
  name: "memory growth over a million packets (100,000 when quick), stream unread",
  unit: "MB",
  subject: {
    name: "receive",
    async measure({ isQuick }) {
      const { output } = await measureProcess(processFile("stalled-consumer.ts"), [isQuick ? "100000" : "1000000"]);
      return (JSON.parse(output) as StalledResult).growthBytes / 2 ** 20;
    },
  },
  bar: { atMost: 5 },
  note: "Resident memory after a collection, from the first tenth to the end.",
});

export const join = defineBench({
  name: "join to first encrypted packet, room of 2",
  unit: "ms",
  ...contenders("join", async (library, { isQuick }) => {
    const delaysMs = (await runJoins(library, isQuick ? 3 : 9)).toSorted((left, right) => left - right);
    return delaysMs[delaysMs.length >> 1] ?? Number.NaN;
  }),
  bar: { atMost: 150 },
  note: "The median join of a process; it leaves between two joins.",
});

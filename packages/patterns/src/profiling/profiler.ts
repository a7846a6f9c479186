import { writeFile } from "node:fs/promises";
import { Session, type HeapProfiler, type Profiler as InspectorProfiler } from "node:inspector/promises";
import { systemClock, type Clock, type Timer } from "@antiphon/std";
import { PatternsError } from "../error.ts";

/** A function's share of a profile. */
export interface HotFunction {
  /** The function's name; `(anonymous)` without one. */
  readonly functionName: string;
  /** Where it stands: file and line. */
  readonly location: string;
  /** Time spent in the function itself, in milliseconds. */
  readonly selfMs: number;
  /** That time in percent of the profile. */
  readonly percent: number;
}

/** What a profiling run found. */
export interface ProfileResult {
  /** How long the run took, in milliseconds. */
  readonly elapsedMs: number;
  /** The most resident memory that was seen, in bytes; looked at every `memoryIntervalMs`. */
  readonly memoryPeakBytes: number;
  /** The functions that took the most time, the busiest first. */
  readonly topFunctions: readonly HotFunction[];
  /** Writes the whole profile to a file that Chrome's and VS Code's profilers open; name it `.cpuprofile`. */
  save(path: string): Promise<void>;
}

/** Options of {@link createProfiler}. */
export interface ProfilerOptions {
  /** How often the stack is looked at, in microseconds. Defaults to 1,000. */
  readonly samplingIntervalUs?: number;
  /** How often memory is looked at, in milliseconds. Defaults to 50. */
  readonly memoryIntervalMs?: number;
  /** How many functions are listed. Defaults to 20. */
  readonly topCount?: number;
  /** Time of the run. */
  readonly clock?: Clock;
}

/** Finds out where the processor's time goes, through the inspector. */
export interface Profiler extends AsyncDisposable {
  /** Starts a run. @throws PatternsError PATTERNS_INVALID_ARGUMENT when one is going on */
  start(): Promise<void>;
  /** Ends the run. @throws PatternsError PATTERNS_INVALID_ARGUMENT when none is going on */
  stop(): Promise<ProfileResult>;
  /** Profiles one task. */
  profile<Result>(
    task: () => Promise<Result> | Result,
  ): Promise<{ readonly result: Result; readonly profile: ProfileResult }>;
}

const MICROSECONDS_PER_MILLISECOND = 1_000;

function hottest(
  { nodes, samples = [], timeDeltas = [] }: InspectorProfiler.Profile,
  count: number,
): readonly HotFunction[] {
  const selfUs = new Map<number, number>();
  for (const [index, id] of samples.entries()) selfUs.set(id, (selfUs.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  const totalUs = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  // The same function has a node for each way that leads to it.
  const functions = new Map<string, { functionName: string; location: string; us: number }>();
  for (const { id, callFrame } of nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const location = url === "" ? "(native)" : `${url}:${lineNumber + 1}`;
    const key = `${functionName}\u0000${location}`;
    const entry = functions.get(key) ?? { functionName: functionName || "(anonymous)", location, us: 0 };
    functions.set(key, { ...entry, us: entry.us + (selfUs.get(id) ?? 0) });
  }
  return [...functions.values()]
    .filter(({ us, functionName }) => us > 0 && functionName !== "(idle)" && functionName !== "(root)")
    .toSorted((left, right) => right.us - left.us)
    .slice(0, count)
    .map(({ functionName, location, us }) => ({
      functionName,
      location,
      selfMs: us / MICROSECONDS_PER_MILLISECOND,
      percent: totalUs === 0 ? 0 : (us / totalUs) * 100,
    }));
}

/** Watches how much memory there is at most. */
function watchMemory(clock: Clock, intervalMs: number): { stop(): number } {
  let peakBytes = 0;
  let timer: Timer;
  const look = () => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  };
  const repeat = () => {
    look();
    timer = clock.setTimer(intervalMs, repeat, { keepAlive: false });
  };
  repeat();
  return {
    stop() {
      timer.cancel();
      look();
      return peakBytes;
    },
  };
}

/** Builds a {@link Profiler}. */
export function createProfiler(options: ProfilerOptions = {}): Profiler {
  const { samplingIntervalUs = 1_000, memoryIntervalMs = 50, topCount = 20, clock = systemClock } = options;
  let run: { session: Session; beganMs: number; memory: { stop(): number } } | undefined;

  const stop = async (): Promise<ProfileResult> => {
    if (run === undefined)
      throw new PatternsError("PATTERNS_INVALID_ARGUMENT", "The profiler cannot stop: it does not run.");
    const { session, beganMs, memory } = run;
    run = undefined;
    try {
      const { profile } = await session.post("Profiler.stop");
      return {
        elapsedMs: clock.monotonicMs() - beganMs,
        memoryPeakBytes: memory.stop(),
        topFunctions: hottest(profile, topCount),
        save: (path) => writeFile(path, JSON.stringify(profile)),
      };
    } finally {
      memory.stop();
      session.disconnect();
    }
  };
  const start = async () => {
    if (run !== undefined)
      throw new PatternsError("PATTERNS_INVALID_ARGUMENT", "The profiler cannot start: it runs already.");
    const session = new Session();
    session.connect();
    run = { session, beganMs: clock.monotonicMs(), memory: watchMemory(clock, memoryIntervalMs) };
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: samplingIntervalUs });
    await session.post("Profiler.start");
  };
  return {
    start,
    stop,
    async profile(task) {
      await start();
      try {
        const result = await task();
        return { result, profile: await stop() };
      } catch (error) {
        if (run !== undefined) await stop();
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      if (run !== undefined) await stop();
    },
  };
}

/** Who allocated memory that is still in use. */
export interface AllocationSite {
  /** The function's name; `(anonymous)` without one. */
  readonly functionName: string;
  /** Where it stands: file and line. */
  readonly location: string;
  /** Memory it allocated that was in use at the end, in bytes; an estimate from samples. */
  readonly selfBytes: number;
}

/** Options of {@link profileHeap}. */
export interface HeapProfileOptions {
  /** One sample for about so many bytes. Defaults to 32,768. */
  readonly samplingIntervalBytes?: number;
  /** How many places are listed. Defaults to 20. */
  readonly topCount?: number;
}

function* sitesOf(node: HeapProfiler.SamplingHeapProfileNode): Generator<AllocationSite> {
  const { functionName, url, lineNumber } = node.callFrame;
  const location = url === "" ? "(native)" : `${url}:${lineNumber + 1}`;
  yield { functionName: functionName || "(anonymous)", location, selfBytes: node.selfSize };
  for (const child of node.children) yield* sitesOf(child);
}

/** Runs a task and tells who allocated what is still in use afterwards, the largest first. */
export async function profileHeap<Result>(
  task: () => Promise<Result> | Result,
  { samplingIntervalBytes = 32_768, topCount = 20 }: HeapProfileOptions = {},
): Promise<{ readonly result: Result; readonly allocations: readonly AllocationSite[] }> {
  const session = new Session();
  session.connect();
  try {
    await session.post("HeapProfiler.startSampling", { samplingInterval: samplingIntervalBytes });
    const result = await task();
    const { profile } = await session.post("HeapProfiler.stopSampling");
    const sites = [...sitesOf(profile.head)].filter(({ selfBytes }) => selfBytes > 0);
    return {
      result,
      allocations: sites.toSorted((left, right) => right.selfBytes - left.selfBytes).slice(0, topCount),
    };
  } finally {
    session.disconnect();
  }
}

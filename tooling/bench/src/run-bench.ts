import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Bar, Bench, BenchContext, Contender } from "./define-bench.ts";
import { createSampler, interleave, median, spreadRatio } from "./measure.ts";

/** One line of the table, and of the file for scripts. */
export interface BenchRow {
  readonly package: string;
  readonly name: string;
  readonly unit: string;
  /** Our figure; null when there is none, and then `note` says why. */
  readonly value: number | null;
  /** The rival, with its version. */
  readonly rival: string | null;
  readonly rivalValue: number | null;
  /** What must be reached, in words. */
  readonly bar: string | null;
  /** Whether it was reached; null when there is no bar or no figure. */
  readonly holds: boolean | null;
  readonly note: string;
}

/** How much time a benchmark may take. */
export interface Effort {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** The CPU time of one figure of a `run`. */
  readonly roundMs: number;
  /** The time for all rounds of one benchmark; a round that has begun is finished. */
  readonly limitMs: number;
}

/** Where a data set lies; undefined when it is not there. */
function findData(root: string, name: string): string | undefined {
  const parents = [process.env.ANTIPHON_DATA, join(root, "..", "shared", "data")].filter(
    (parent) => parent !== undefined,
  );
  return parents.map((parent) => resolve(parent, name)).find((folder) => existsSync(folder));
}

function describeBar(bar: Bar, unit: string): string {
  if ("atMost" in bar) return `at most ${bar.atMost} ${unit}`;
  if ("atLeast" in bar) return `at least ${bar.atLeast} ${unit}`;
  if ("atMostTimesRival" in bar) return `at most ${bar.atMostTimesRival} × rival`;
  return `at least ${bar.atLeastTimesRival} × rival`;
}

/** Whether a figure reaches the bar; null when the bar needs a rival's figure and there is none. */
export function reaches(bar: Bar, value: number, rivalValue: number | null): boolean | null {
  if ("atMost" in bar) return value <= bar.atMost;
  if ("atLeast" in bar) return value >= bar.atLeast;
  if (rivalValue === null) return null;
  return "atMostTimesRival" in bar
    ? value <= bar.atMostTimesRival * rivalValue
    : value >= bar.atLeastTimesRival * rivalValue;
}

const titleOf = ({ name, version }: Contender): string => (version === undefined ? name : `${name} ${version}`);

/** Measures one benchmark; what it throws becomes a row that says so. */
export async function runBench(
  packageName: string,
  bench: Bench,
  effort: Effort,
  options: { readonly root: string; readonly onRound: (round: number) => void },
): Promise<BenchRow> {
  const { name, unit, subject, rival, bar } = bench;
  const empty: BenchRow = {
    package: packageName,
    name,
    unit,
    value: null,
    rival: rival === undefined ? null : titleOf(rival),
    rivalValue: null,
    bar: bar === undefined ? null : describeBar(bar, unit),
    holds: null,
    note: "",
  };
  const dataFolder = bench.data === undefined ? "" : findData(options.root, bench.data);
  if (dataFolder === undefined) {
    return { ...empty, note: `no data: "${bench.data ?? ""}" lies neither below ANTIPHON_DATA nor in ../shared/data` };
  }
  const context: BenchContext = { isQuick: effort.isQuick, dataFolder };
  try {
    await bench.setup?.(context);
    const contenders = rival === undefined ? [subject] : [subject, rival];
    const samplers = [];
    for (const contender of contenders) samplers.push(await createSampler(contender, context, effort.roundMs));
    const untilMs = performance.now() + effort.limitMs;
    const figures = await interleave(samplers, { rounds: effort.rounds, untilMs, onRound: options.onRound });
    const [own = [], others] = figures;
    const value = median(own);
    const rivalValue = others === undefined ? null : median(others);
    const spread = `${own.length} rounds, spread ${(spreadRatio(own) * 100).toFixed(0)} %`;
    const note = bench.note === undefined ? spread : `${spread}; ${bench.note}`;
    return { ...empty, value, rivalValue, holds: bar === undefined ? null : reaches(bar, value, rivalValue), note };
  } catch (error) {
    return {
      ...empty,
      holds: bar === undefined ? null : false,
      note: `failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  } finally {
    await bench.teardown?.();
  }
}

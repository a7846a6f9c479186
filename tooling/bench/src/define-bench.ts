/** What a benchmark may need to know while it is measured. */
export interface BenchContext {
  /** Whether the person asked for a quick run: measure less, within a few seconds. */
  readonly isQuick: boolean;
  /** The folder of the data set that the benchmark named in `data`; empty when it named none. */
  readonly dataFolder: string;
}

/** One of the two things that are compared. */
export type Contender = {
  /** What it is called in the table: `createEmitter`, `node:events`. */
  readonly name: string;
  /** Its version, for a rival from elsewhere. */
  readonly version?: string;
} & (
  | {
      /** Does the work once; the harness repeats it and reports the CPU time of one operation. */
      readonly run: (context: BenchContext) => unknown;
      /** How many operations one call of `run` does. Defaults to 1; give a tiny operation a loop of its own. */
      readonly operationsPerRun?: number;
    }
  | {
      /** Measures by itself and gives the figure, in the benchmark's unit: for memory, quality, or a process of its own. */
      readonly measure: (context: BenchContext) => number | Promise<number>;
    }
);

/** What the figure must reach: a limit of its own, or one relative to the rival's figure in the same run. */
export type Bar =
  | { readonly atMost: number }
  | { readonly atLeast: number }
  | { readonly atMostTimesRival: number }
  | { readonly atLeastTimesRival: number };

/** What {@link defineBench} takes. */
export interface BenchOptions {
  /** What is measured, in a few words. */
  readonly name: string;
  /** The unit of the figure. For a contender with `run` it is `µs CPU/op`. */
  readonly unit: string;
  /** What is ours. */
  readonly subject: Contender;
  /** What ours is compared with, measured in turn with it. */
  readonly rival?: Contender;
  /** What the figure must reach. */
  readonly bar?: Bar;
  /** The name of a data set's folder, below `ANTIPHON_DATA` or `../shared/data`. */
  readonly data?: string;
  /** Called once before measuring. */
  readonly setup?: (context: BenchContext) => void | Promise<void>;
  /** Called once after measuring, also when measuring failed. */
  readonly teardown?: () => void | Promise<void>;
  /** A sentence for the reader of the figures. */
  readonly note?: string;
}

const marker: unique symbol = Symbol("antiphon.bench");

/** A benchmark, as {@link defineBench} makes it. */
export interface Bench extends BenchOptions {
  readonly [marker]: true;
}

/** Declares a benchmark; a file `bench/x.bench.ts` exports one or more of them. */
export function defineBench(options: BenchOptions): Bench {
  return { ...options, [marker]: true };
}

/** Whether an export of a bench file is a benchmark. */
export function isBench(value: unknown): value is Bench {
  return typeof value === "object" && value !== null && marker in value;
}

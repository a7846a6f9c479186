import { systemClock, type Clock } from "@antiphon/std";
import { createMethodWrapper, type MethodWrapper } from "../method-wrapper.ts";

/** What is known of the operations of one name. */
export interface TaskStats {
  /** How many have ended. */
  readonly count: number;
  /** How many of them failed. */
  readonly failures: number;
  /** How many run now. */
  readonly active: number;
  /** Their mean duration, in milliseconds; 0 before the first has ended. */
  readonly averageMs: number;
  /** The longest, in milliseconds. */
  readonly maximumMs: number;
  /** All together, in milliseconds. */
  readonly totalMs: number;
}

/** Measures asynchronous operations by name. */
export interface AsyncProfiler {
  /** Runs an operation and measures it. */
  profile<Result>(name: string, operation: () => Promise<Result>): Promise<Result>;
  /** Measures each call of a function under its name, or the one given; decorator and higher-order function. */
  wrap(name?: string): MethodWrapper;
  /** What was measured, by name. */
  stats(): Readonly<Record<string, TaskStats>>;
  /** Operations that were not measured, because there were too many names. */
  readonly dropped: number;
  /** Forgets what was measured; operations that run are not counted when they end. */
  reset(): void;
}

interface Tally {
  count: number;
  failures: number;
  active: number;
  totalMs: number;
  maximumMs: number;
}

/** Builds an {@link AsyncProfiler} of at most `nameLimit` (1,000) names. */
export function createAsyncProfiler(
  options: { readonly clock?: Clock; readonly nameLimit?: number } = {},
): AsyncProfiler {
  const { clock = systemClock, nameLimit = 1_000 } = options;
  const tallies = new Map<string, Tally>();
  let dropped = 0;

  const tallyFor = (name: string): Tally | undefined => {
    const known = tallies.get(name);
    if (known !== undefined) return known;
    if (tallies.size >= nameLimit) return undefined;
    const tally = { count: 0, failures: 0, active: 0, totalMs: 0, maximumMs: 0 };
    tallies.set(name, tally);
    return tally;
  };
  const profile = async <Result>(name: string, operation: () => Promise<Result>): Promise<Result> => {
    const tally = tallyFor(name);
    if (tally === undefined) {
      dropped++;
      return operation();
    }
    const beganMs = clock.monotonicMs();
    tally.active++;
    try {
      return await operation();
    } catch (error) {
      tally.failures++;
      throw error;
    } finally {
      const durationMs = clock.monotonicMs() - beganMs;
      tally.active--;
      tally.count++;
      tally.totalMs += durationMs;
      tally.maximumMs = Math.max(tally.maximumMs, durationMs);
    }
  };
  return {
    profile,
    wrap: (name) => createMethodWrapper((call, methodName) => profile(name ?? methodName, call)),
    stats: () =>
      Object.fromEntries(
        [...tallies].map(([name, tally]) => [
          name,
          { ...tally, averageMs: tally.count === 0 ? 0 : tally.totalMs / tally.count },
        ]),
      ),
    get dropped() {
      return dropped;
    },
    reset: () => tallies.clear(),
  };
}

import { z } from "zod";
import type { DispatchPosition } from "./lane-log.ts";

/** How far a lane has come, as its owner writes it down. */
export interface LaneRecord {
  /** The sequence in the stream up to which everything is handled. */
  readonly handled: number;
  /** The sequence of the last interaction that an owner took on. Whoever comes next leaves those up to it alone. */
  readonly claimed: number;
  /** The newest dispatch of each shard up to `handled`; of some shards only when there are many. */
  readonly newest: ReadonlyMap<string, DispatchPosition>;
}

const positionSchema = z.tuple([z.string().min(1).max(200), z.number().int().nonnegative()]);
const recordSchema = z.looseObject({
  handled: z.number().int().nonnegative(),
  claimed: z.number().int().nonnegative(),
  newest: z.record(z.string(), positionSchema).default({}),
});

/** The shards that are written down: those of which something came last. It is written several times a second. */
const SHARD_LIMIT = 32;

/** Reads a {@link LaneRecord}; what is none counts as a beginning. */
export function readLaneRecord(data: unknown): LaneRecord {
  const parsed = recordSchema.safeParse(data);
  if (!parsed.success) return { handled: 0, claimed: 0, newest: new Map() };
  const { handled, claimed, newest } = parsed.data;
  const positions = Object.entries(newest).map(
    ([shard, [sessionId, sequence]]) => [shard, { sessionId, sequence }] as const,
  );
  return { handled, claimed, newest: new Map(positions) };
}

/** The JSON of a {@link LaneRecord}. */
export function laneRecordJson({ handled, claimed, newest }: LaneRecord): object {
  const positions = [...newest].map(([shard, { sessionId, sequence }]) => [shard, [sessionId, sequence]]);
  return { handled, claimed, newest: Object.fromEntries(positions) };
}

/** A message, or several in a row, that wait for work to be done: their own, or that of messages before them. */
interface Step {
  upTo: number;
  done: boolean;
  readonly newest: Map<string, DispatchPosition>;
}

/** How far the work of a lane has come; see {@link createLaneProgress}. */
export interface LaneProgress {
  /** A message of the stream is handled, once its work is done; `newest` is its shard, and its newest dispatch. */
  note(sequence: number, work?: Promise<unknown>, newest?: readonly [string, DispatchPosition]): void;
  /** The sequence up to which everything is handled. */
  readonly handled: number;
  /** The newest dispatch of each shard up to there. */
  readonly newest: ReadonlyMap<string, DispatchPosition>;
  /** The work that is not done. */
  readonly pending: ReadonlySet<Promise<unknown>>;
}

/** Builds a {@link LaneProgress}; work that was begun later may be done before. */
export function createLaneProgress(start: Pick<LaneRecord, "handled" | "newest">): LaneProgress {
  let { handled } = start;
  const newest = new Map(start.newest);
  const pending = new Set<Promise<unknown>>();
  const steps: Step[] = [];

  const remember = (shard: string, position: DispatchPosition): void => {
    newest.delete(shard);
    newest.set(shard, position);
    if (newest.size > SHARD_LIMIT) for (const oldest of newest.keys()) return void newest.delete(oldest);
  };
  const advance = (): void => {
    for (let step = steps[0]; step?.done === true; step = steps[0]) {
      handled = step.upTo;
      for (const [shard, position] of step.newest) remember(shard, position);
      steps.shift();
    }
  };

  return {
    note(sequence, work, position) {
      const last = steps.at(-1);
      if (work === undefined && last === undefined) {
        handled = sequence;
        if (position !== undefined) remember(...position);
        return;
      }
      const step: Step =
        work === undefined && last?.done === true
          ? last
          : { upTo: sequence, done: work === undefined, newest: new Map() };
      step.upTo = sequence;
      if (position !== undefined) step.newest.set(...position);
      if (step !== last) steps.push(step);
      if (work === undefined) return;
      const settled = work
        .catch(() => {})
        .finally(() => {
          pending.delete(settled);
          step.done = true;
          advance();
        });
      pending.add(settled);
    },
    get handled() {
      return handled;
    },
    newest,
    pending,
  };
}

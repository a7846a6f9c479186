import { RecommenderError } from "../error.ts";

/** The states through which a task passes: `pending`, then `running`, then one of the others; a task may be cancelled unstarted. */
export const TaskStatus = {
  /** Waits for a place. */
  pending: "pending",
  /** Its function was called. */
  running: "running",
  /** Its function gave a result. */
  completed: "completed",
  /** Its function threw, or took too long. */
  failed: "failed",
  /** Its caller gave up, or the processor was closed. */
  cancelled: "cancelled",
} as const;

/** One of {@link TaskStatus}. */
export type TaskStatus = (typeof TaskStatus)[keyof typeof TaskStatus];

/** What a task's function is given after its arguments. */
export interface TaskContext {
  /** Aborts when the task took too long, its caller gave up or the processor was closed. */
  readonly signal: AbortSignal;
}

/** The function of a task. */
export type TaskFunction<Arguments extends readonly unknown[], Result> = (
  ...parameters: [...Arguments, TaskContext]
) => Promise<Result> | Result;

/** How far one unit of work is. The object is live: it changes while the work goes on. */
export interface TaskState<Arguments extends readonly unknown[] = readonly unknown[], Result = unknown> {
  /** Unique within its processor. */
  readonly id: string;
  /** What it is called with, before the context. */
  readonly args: Arguments;
  /** How far it is. */
  readonly status: TaskStatus;
  /** What the function gave; undefined until the task is `completed`. */
  readonly result: Result | undefined;
  /** What the function threw, or why it was ended; undefined unless the task is `failed` or `cancelled`. */
  readonly error: unknown;
  /** When it was made, in milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** When its function was called; undefined before. */
  readonly startedAtMs: number | undefined;
  /** When it ended in whichever way; undefined before. */
  readonly completedAtMs: number | undefined;
}

/** One unit of work: its state together with what is called. */
export interface Task<Arguments extends readonly unknown[], Result> extends TaskState<Arguments, Result> {
  /** What is called. */
  readonly func: TaskFunction<Arguments, Result>;
}

/**
 * The results of tasks in the tasks' order, as `Promise.all` gives them.
 *
 * @throws what the first task that did not complete has failed with
 */
export function resultsOf<Result>(tasks: readonly TaskState<readonly unknown[], Result>[]): Result[] {
  return tasks.map((task) => {
    if (task.status === "completed") return task.result as Result;
    if (task.status === "failed" || task.status === "cancelled") throw task.error;
    const message = `resultsOf: task ${task.id} is ${task.status}; wait for it first`;
    throw new RecommenderError("RECOMMENDER_OPTIONS_INVALID", message, { details: { id: task.id } });
  });
}

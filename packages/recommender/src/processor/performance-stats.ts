/** What a processor has counted. */
export interface PerformanceStats {
  /** Tasks made so far. */
  readonly totalTasks: number;
  /** Tasks that gave a result. */
  readonly completedTasks: number;
  /** Tasks that threw or took too long. */
  readonly failedTasks: number;
  /** Those of `failedTasks` that took too long. */
  readonly timedOutTasks: number;
  /** Tasks whose caller gave up, or that were ended by `close`. */
  readonly cancelledTasks: number;
  /** Tasks whose function runs now. */
  readonly runningTasks: number;
  /** Tasks that wait. */
  readonly pendingTasks: number;
  /** Completed tasks among the completed and failed, from 0 to 1; 0 before the first has ended. */
  readonly successRatio: number;
  /** Mean time from call to end of the completed and failed tasks, in milliseconds; 0 before the first has ended. */
  readonly averageProcessingMs: number;
  /** The most tasks that run at once. */
  readonly maxConcurrent: number;
}

/** How a task ended. */
export type TaskEnd = "completed" | "failed" | "timedOut" | "cancelled";

/** Counts tasks. */
export interface TaskCounter {
  /** A task was made. */
  add(): void;
  /** A task's function was called. */
  start(): void;
  /** A task ended; `durationMs` is undefined when its function was never called. */
  end(how: TaskEnd, durationMs: number | undefined): void;
  /** What was counted. */
  stats(): PerformanceStats;
}

/** Builds a {@link TaskCounter}. */
export function createTaskCounter(maxConcurrent: number): TaskCounter {
  const ended = { completed: 0, failed: 0, timedOut: 0, cancelled: 0 };
  let totalTasks = 0;
  let runningTasks = 0;
  let processingMs = 0;
  return {
    add: () => void totalTasks++,
    start: () => void runningTasks++,
    end(how, durationMs) {
      ended[how]++;
      if (durationMs === undefined) return;
      runningTasks--;
      if (how !== "cancelled") processingMs += durationMs;
    },
    stats() {
      const failedTasks = ended.failed + ended.timedOut;
      const judged = ended.completed + failedTasks;
      return {
        totalTasks,
        completedTasks: ended.completed,
        failedTasks,
        timedOutTasks: ended.timedOut,
        cancelledTasks: ended.cancelled,
        runningTasks,
        pendingTasks: totalTasks - judged - ended.cancelled - runningTasks,
        successRatio: judged === 0 ? 0 : ended.completed / judged,
        averageProcessingMs: judged === 0 ? 0 : processingMs / judged,
        maxConcurrent,
      };
    },
  };
}

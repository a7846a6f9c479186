import { abortReason, createEmitter, isAntiphonError, systemClock, withSignal, type Clock } from "@antiphon/std";
import PQueue from "p-queue";
import { RecommenderError } from "../error.ts";
import { createPacer, type Pacer } from "./pacer.ts";
import { createTaskCounter, type PerformanceStats } from "./performance-stats.ts";
import type { Task, TaskFunction, TaskState, TaskStatus } from "./task.ts";

/** Options of {@link createAsyncProcessor}. */
export interface AsyncProcessorOptions {
  /** The most tasks that run at once; at least 1. Defaults to 10. */
  readonly maxConcurrent?: number | undefined;
  /** How long a task may run before it fails, in milliseconds. Defaults to 30,000. */
  readonly timeoutMs?: number | undefined;
  /** The most tasks that wait at once. Defaults to 100,000. */
  readonly maxPending?: number | undefined;
  /** Where time is read and passes. */
  readonly clock?: Clock | undefined;
}

/** How far a list of items is. */
export interface ProcessingProgress {
  /** Always `progress`. */
  readonly type: "progress";
  /** Items that have ended, in whichever way. */
  readonly done: number;
  /** All items of the list. */
  readonly total: number;
  /** Items that gave a result. */
  readonly completed: number;
  /** Items that failed. */
  readonly failed: number;
  /** The task that has just ended. */
  readonly task: TaskState<readonly [unknown]>;
}

/** Options of a call that processes a list. */
export interface ProcessOptions {
  /** Hears of each item as it ends; what it throws becomes a warning of the process. */
  readonly onProgress?: ((progress: ProcessingProgress) => void) | undefined;
  /** Cancels what waits, aborts what runs, and rejects the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link AsyncProcessor.processWithRateLimiting}. */
export interface RateLimitedOptions extends ProcessOptions {
  /** How many items may begin in a second; more than 0. Defaults to 1. */
  readonly ratePerSecond?: number | undefined;
}

/** The tasks of a list, in its order, all of them ended. */
export type ItemTasks<Item, Result> = readonly Task<readonly [Item], Result>[];

/** Runs asynchronous work with a bound on how much runs at once, and a time limit. One failure never ends its neighbours. */
export interface AsyncProcessor extends AsyncDisposable {
  /** Runs one unit of work and gives its task, which has ended by then. */
  run<const Arguments extends readonly unknown[], Func extends TaskFunction<Arguments, unknown>>(
    func: Func,
    args: Arguments,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Task<Arguments, Awaited<ReturnType<Func>>>>;
  /** Processes tracks side by side; gives all their tasks in the tracks' order. */
  processTracksParallel<Track, Result>(
    tracks: readonly Track[],
    processTrack: TaskFunction<readonly [Track], Result>,
    options?: ProcessOptions,
  ): Promise<ItemTasks<Track, Result>>;
  /** Sends requests side by side through a function; gives all their tasks in the requests' order. */
  batchApiRequests<Request, Response>(
    requests: readonly Request[],
    send: TaskFunction<readonly [Request], Response>,
    options?: ProcessOptions,
  ): Promise<ItemTasks<Request, Response>>;
  /** Processes items in their order, beginning no more than so many in a second. */
  processWithRateLimiting<Item, Result>(
    items: readonly Item[],
    processItem: TaskFunction<readonly [Item], Result>,
    options?: RateLimitedOptions,
  ): Promise<ItemTasks<Item, Result>>;
  /** The tasks that wait or run now, oldest first. */
  readonly activeTasks: readonly TaskState[];
  /** What was counted since the processor was built. */
  getPerformanceStats(): PerformanceStats;
  /** Cancels what waits, aborts what runs, and refuses later calls; idempotent. */
  close(): Promise<void>;
}

/** A task that can be written to. */
type TaskRecord<Arguments extends readonly unknown[], Result> = {
  -readonly [Key in keyof Task<Arguments, Result>]: Task<Arguments, Result>[Key];
};

interface Order {
  readonly scope: AbortSignal;
  readonly pacer?: Pacer | undefined;
  /** Called when the function is about to be called, or never will be. */
  readonly onStart?: (() => void) | undefined;
}

/**
 * Builds an {@link AsyncProcessor}.
 *
 * @throws RecommenderError RECOMMENDER_OPTIONS_INVALID; its calls reject with RECOMMENDER_PROCESSOR_CLOSED or
 * RECOMMENDER_PROCESSOR_OVERLOADED, and a task over its time fails with RECOMMENDER_TASK_TIMEOUT
 */
export function createAsyncProcessor(options: AsyncProcessorOptions = {}): AsyncProcessor {
  const { maxConcurrent = 10, timeoutMs = 30_000, maxPending = 100_000, clock = systemClock } = options;
  requireOption("maxConcurrent", maxConcurrent, Number.isInteger(maxConcurrent) && maxConcurrent >= 1);
  requireOption("timeoutMs", timeoutMs, timeoutMs > 0);
  requireOption("maxPending", maxPending, maxPending >= 0);
  const queue = new PQueue({ concurrency: maxConcurrent });
  const counter = createTaskCounter(maxConcurrent);
  const closing = new AbortController();
  const active = new Set<TaskState>();
  let lastId = 0;

  const createTask = <Arguments extends readonly unknown[], Result>(
    func: TaskFunction<Arguments, Result>,
    args: Arguments,
  ): TaskRecord<Arguments, Result> => {
    counter.add();
    const task: TaskRecord<Arguments, Result> = {
      id: `task-${++lastId}`,
      func,
      args,
      status: "pending",
      result: undefined,
      error: undefined,
      createdAtMs: clock.now(),
      startedAtMs: undefined,
      completedAtMs: undefined,
    };
    active.add(task);
    return task;
  };
  /** Calls the function of a task that has its place. Never rejects. */
  const perform = async <Arguments extends readonly unknown[], Result>(
    task: TaskRecord<Arguments, Result>,
    { scope, pacer, onStart }: Order,
  ): Promise<void> => {
    let beganMs: number | undefined;
    const own = new AbortController();
    const end = (status: TaskStatus & ("completed" | "failed" | "cancelled"), error?: unknown) => {
      task.status = status;
      task.error = error;
      task.completedAtMs = clock.now();
      active.delete(task);
      const isTimeout = status === "failed" && own.signal.aborted;
      counter.end(isTimeout ? "timedOut" : status, beganMs === undefined ? undefined : clock.monotonicMs() - beganMs);
    };
    try {
      if (scope.aborted) throw abortReason(scope);
      await pacer?.take({ signal: scope });
      task.status = "running";
      task.startedAtMs = clock.now();
      beganMs = clock.monotonicMs();
      counter.start();
      onStart?.();
      using _timer = clock.setTimer(timeoutMs, () => own.abort(timeoutError(task.id, timeoutMs)));
      const signal = AbortSignal.any([scope, own.signal]);
      task.result = await withSignal(
        // A function that throws at once fails like one that rejects.
        Promise.resolve().then(() => task.func(...task.args, { signal })),
        signal,
      );
      end("completed");
    } catch (error) {
      end(scope.aborted ? "cancelled" : "failed", error);
    } finally {
      onStart?.();
    }
  };
  const admit = (total: number, signal: AbortSignal | undefined): AbortSignal => {
    if (closing.signal.aborted) throw abortReason(closing.signal);
    if (signal?.aborted === true) throw abortReason(signal);
    const pending = queue.size;
    if (pending + total > maxPending + maxConcurrent) {
      const message = `The processor has ${pending} tasks waiting and was given ${total} more, over its bound of ${maxPending}. Give it smaller lists.`;
      throw new RecommenderError("RECOMMENDER_PROCESSOR_OVERLOADED", message, { retryable: true });
    }
    return signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
  };
  const processAll = async <Item, Result>(
    items: readonly Item[],
    func: TaskFunction<readonly [Item], Result>,
    { onProgress, signal }: ProcessOptions,
    pacer?: Pacer,
  ): Promise<ItemTasks<Item, Result>> => {
    const scope = admit(items.length, signal);
    const emitter = createEmitter<ProcessingProgress>();
    if (onProgress !== undefined) emitter.on("progress", onProgress);
    const tasks = items.map((item) => createTask(func, [item] as const));
    const count = { done: 0, completed: 0, failed: 0 };
    const follow = async (task: TaskRecord<readonly [Item], Result>, onStart?: () => void) => {
      await queue.add(() => perform(task, { scope, pacer, onStart }));
      count.done++;
      if (task.status === "completed") count.completed++;
      if (task.status === "failed") count.failed++;
      if (!scope.aborted) emitter.emit({ type: "progress", total: items.length, ...count, task });
    };
    await withSignal(pacer === undefined ? inParallel(tasks, follow) : inTurn(tasks, follow), scope);
    emitter.close();
    return tasks;
  };
  const close = async () => {
    const message = "The processor was closed.";
    if (!closing.signal.aborted) closing.abort(new RecommenderError("RECOMMENDER_PROCESSOR_CLOSED", message));
    await queue.onIdle();
  };

  return {
    async run<const Arguments extends readonly unknown[], Func extends TaskFunction<Arguments, unknown>>(
      func: Func,
      args: Arguments,
      { signal }: { readonly signal?: AbortSignal | undefined } = {},
    ) {
      type Result = Awaited<ReturnType<Func>>;
      const scope = admit(1, signal);
      const task = createTask(func as TaskFunction<Arguments, Result>, args);
      await withSignal(
        queue.add(() => perform(task, { scope })),
        scope,
      );
      return task;
    },
    processTracksParallel: (tracks, func, processOptions = {}) => processAll(tracks, func, processOptions),
    batchApiRequests: (requests, send, processOptions = {}) => processAll(requests, send, processOptions),
    async processWithRateLimiting(items, func, { ratePerSecond = 1, ...processOptions } = {}) {
      requireOption("ratePerSecond", ratePerSecond, ratePerSecond > 0);
      return processAll(items, func, processOptions, createPacer({ intervalMs: 1_000 / ratePerSecond, clock }));
    },
    get activeTasks() {
      return [...active];
    },
    getPerformanceStats: counter.stats,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function inParallel<Each>(tasks: readonly Each[], follow: (task: Each) => Promise<void>): Promise<void> {
  await Promise.all(tasks.map((task) => follow(task)));
}

/** Hands in each task when the one before it has begun, so that at most one of them keeps a place while it waits for its turn. */
async function inTurn<Each>(
  tasks: readonly Each[],
  follow: (task: Each, onStart: () => void) => Promise<void>,
): Promise<void> {
  const following: Promise<void>[] = [];
  for (const task of tasks) {
    const { promise: started, resolve } = Promise.withResolvers<void>();
    following.push(follow(task, resolve));
    await started;
  }
  await Promise.all(following);
}

function requireOption(name: string, value: number, holds: boolean): void {
  if (holds) return;
  const message = `The processor's ${name} must be a number in its range, not ${value}.`;
  throw new RecommenderError("RECOMMENDER_OPTIONS_INVALID", message, { details: { name, value } });
}

function timeoutError(id: string, timeoutMs: number): RecommenderError {
  const message = `Task ${id} took longer than ${timeoutMs} ms. Give the processor a longer timeoutMs, or the task less to do.`;
  return new RecommenderError("RECOMMENDER_TASK_TIMEOUT", message, { retryable: true, details: { id, timeoutMs } });
}

/** Whether an error is the time limit of a processor, and no other failure. */
export function isTaskTimeout(error: unknown): boolean {
  return isAntiphonError(error, "RECOMMENDER_TASK_TIMEOUT");
}

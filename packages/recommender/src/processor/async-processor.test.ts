import { createManualClock } from "@antiphon/std";
import { expect, test, vi } from "vitest";
import { createAsyncProcessor, isTaskTimeout, type AsyncProcessorOptions } from "./async-processor.ts";
import { processMusicData } from "./process-music-data.ts";
import { resultsOf, TaskStatus } from "./task.ts";

const tracks = Array.from({ length: 25 }, (_, index) => ({ artist: "The Lanterns", title: `Part ${index}` }));

function setup(options: AsyncProcessorOptions = {}) {
  const clock = createManualClock();
  return { clock, processor: createAsyncProcessor({ clock, ...options }) };
}

/** Counts how many calls run at once. */
function meter() {
  const seen = { now: 0, most: 0 };
  return {
    seen,
    async during<T>(work: () => Promise<T>): Promise<T> {
      seen.most = Math.max(seen.most, ++seen.now);
      try {
        return await work();
      } finally {
        seen.now--;
      }
    },
  };
}

test("one call enriches tracks with the caller's function, ten at once, and gives the results in order", async () => {
  const clock = createManualClock();
  const { seen, during } = meter();
  const progress: string[] = [];
  const pending = processMusicData(
    tracks,
    (track, { signal }) => during(() => clock.sleep(100, { signal }).then(() => `${track.title}!`)),
    { clock, onProgress: ({ done, total }) => progress.push(`${done}/${total}`) },
  );
  await clock.advance(150);
  expect(progress).toHaveLength(10);
  await clock.advance(150);
  expect(resultsOf(await pending)).toEqual(tracks.map(({ title }) => `${title}!`));
  expect(seen.most).toBe(10);
  expect([progress[0], progress.at(-1)]).toEqual(["1/25", "25/25"]);
  expect(clock.pendingTimers).toBe(0);
});

test("tracks and a function are enough", async () => {
  const tasks = await processMusicData(["a", "b"], (title) => title.toUpperCase());
  expect(resultsOf(tasks)).toEqual(["A", "B"]);
});

test("a processor needs no options: ten at once, thirty seconds", async () => {
  await using processor = createAsyncProcessor();
  expect(resultsOf(await processor.processTracksParallel(tracks, ({ title }) => title))).toHaveLength(25);
  expect(processor.getPerformanceStats()).toMatchObject({ maxConcurrent: 10, completedTasks: 25 });
  const { clock, processor: manual } = setup();
  const hanging = manual.run(() => new Promise(() => {}), []);
  await clock.advance(29_999);
  expect(manual.getPerformanceStats().failedTasks).toBe(0);
  await clock.advance(1);
  expect(isTaskTimeout((await hanging).error)).toBe(true);
});

test("no more run at once than the processor allows, over all its calls", async () => {
  const { clock, processor } = setup({ maxConcurrent: 3 });
  const { seen, during } = meter();
  const work = () => during(() => clock.sleep(10));
  const calls = [processor.processTracksParallel(tracks, work), processor.batchApiRequests(tracks, work)];
  await clock.advance(1_000);
  await Promise.all(calls);
  expect(seen.most).toBe(3);
  await processor.close();
});

test("a task over its time fails with a code of its own, and its signal tells it", async () => {
  const { clock, processor } = setup({ timeoutMs: 500 });
  let told: AbortSignal | undefined;
  const pending = processor.processTracksParallel(["slow", "broken", "fine"], async (title, { signal }) => {
    if (title === "slow") told = signal;
    if (title === "slow") return new Promise<string>(() => {});
    if (title === "broken") throw new TypeError("no such track");
    return title;
  });
  await clock.advance(500);
  const tasks = await pending;
  const [slow, broken, fine] = tasks;
  expect(slow).toMatchObject({ status: "failed", error: { code: "RECOMMENDER_TASK_TIMEOUT", retryable: true } });
  expect([isTaskTimeout(slow?.error), isTaskTimeout(broken?.error)]).toEqual([true, false]);
  expect(told?.aborted).toBe(true);
  expect(broken?.error).toBeInstanceOf(TypeError);
  expect(fine).toMatchObject({ status: "completed", result: "fine", error: undefined });
  expect(() => resultsOf(tasks)).toThrow("longer than 500 ms");
});

test("progress is told while work goes on, and a listener that throws stops nothing", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const { clock, processor } = setup({ maxConcurrent: 1 });
  const told: unknown[] = [];
  const pending = processor.processTracksParallel(
    ["a", "b"],
    async (title) => (await clock.sleep(10), title === "b" ? Promise.reject(new Error("no")) : title),
    {
      onProgress: ({ done, total, completed, failed, task }) => {
        told.push([done, total, completed, failed, task.args[0]]);
        throw new Error("listener");
      },
    },
  );
  await clock.advance(10);
  expect(told).toEqual([[1, 2, 1, 0, "a"]]);
  await clock.advance(10);
  await pending;
  expect(told.at(-1)).toEqual([2, 2, 1, 1, "b"]);
  expect(warn).toHaveBeenCalledTimes(2);
  warn.mockRestore();
});

test("a batch of requests goes through one function, ten at once, and its answers keep their order", async () => {
  const { clock, processor } = setup();
  const { seen, during } = meter();
  const pending = processor.batchApiRequests(
    Array.from({ length: 30 }, (_, index) => ({ path: `/${index}` })),
    (request) => during(() => clock.sleep(100 - 3 * Number(request.path.slice(1))).then(() => `200 ${request.path}`)),
  );
  await clock.advance(1_000);
  const answers = resultsOf(await pending);
  expect(answers).toEqual(Array.from({ length: 30 }, (_, index) => `200 /${index}`));
  expect(seen.most).toBe(10);
});

test("rate limited work begins no faster than the rate, one a second by default", async () => {
  const { clock, processor } = setup();
  const startedMs: number[] = [];
  const begin = () => (startedMs.push(clock.monotonicMs()), clock.sleep(5_000));
  const slow = processor.processWithRateLimiting([1, 2, 3], begin);
  await clock.advance(10_000);
  await slow;
  expect(startedMs).toEqual([0, 1_000, 2_000]);
  startedMs.length = 0;
  const fast = processor.processWithRateLimiting([1, 2, 3], begin, { ratePerSecond: 4 });
  await clock.advance(10_000);
  await fast;
  expect(startedMs).toEqual([10_000, 10_250, 10_500]);
  await expect(processor.processWithRateLimiting([1], begin, { ratePerSecond: 0 })).rejects.toMatchObject({
    code: "RECOMMENDER_OPTIONS_INVALID",
  });
});

test("the rate holds even when places run out, and other work is not kept waiting by it", async () => {
  const { clock, processor } = setup({ maxConcurrent: 2 });
  const startedMs: number[] = [];
  const paced = processor.processWithRateLimiting([3_500, 3_500, 0, 0, 0], (durationMs) => {
    startedMs.push(clock.monotonicMs());
    return clock.sleep(durationMs);
  });
  await clock.advance(20_000);
  await paced;
  expect(startedMs).toEqual([0, 1_000, 3_500, 4_500, 5_500]);
  const again = processor.processWithRateLimiting([0, 0, 0], () => undefined);
  await clock.advance(10);
  expect((await processor.run(() => "at once", [])).result).toBe("at once");
  await clock.advance(2_000);
  await again;
});

test("statistics count tasks, successes and the mean time", async () => {
  const { clock, processor } = setup({ maxConcurrent: 4, timeoutMs: 400 });
  expect(processor.getPerformanceStats()).toMatchObject({ totalTasks: 0, successRatio: 0, averageProcessingMs: 0 });
  const pending = processor.processTracksParallel([100, 200, 300, 1_000, 0], async (durationMs) => {
    if (durationMs === 0) throw new Error("broken");
    await clock.sleep(durationMs);
  });
  await clock.advance(50);
  expect(processor.getPerformanceStats()).toMatchObject({ runningTasks: 4, pendingTasks: 1 });
  await clock.advance(950);
  await pending;
  expect(processor.getPerformanceStats()).toEqual({
    totalTasks: 5,
    completedTasks: 3,
    failedTasks: 2,
    timedOutTasks: 1,
    cancelledTasks: 0,
    runningTasks: 0,
    pendingTasks: 0,
    successRatio: 0.6,
    averageProcessingMs: (100 + 200 + 300 + 400 + 0) / 5,
    maxConcurrent: 4,
  });
});

test("a task has an id, its function and arguments, and passes through its states, each with its time", async () => {
  const { clock, processor } = setup({ maxConcurrent: 1 });
  const add = async (left: number, right: number) => (await clock.sleep(10), left + right);
  const first = processor.run(() => clock.sleep(100), []);
  const second = processor.run(add, [2, 3]);
  await clock.advance(5);
  const createdAtMs = Date.UTC(2026, 0, 1);
  expect(processor.activeTasks).toMatchObject([
    { id: "task-1", status: "running", createdAtMs, startedAtMs: createdAtMs, completedAtMs: undefined },
    {
      id: "task-2",
      status: "pending",
      createdAtMs,
      startedAtMs: undefined,
      completedAtMs: undefined,
      result: undefined,
    },
  ]);
  const [, seen] = processor.activeTasks;
  await clock.advance(200);
  await first;
  const task = await second;
  expect(task).toBe(seen);
  expect(task).toEqual({
    id: "task-2",
    func: add,
    args: [2, 3],
    status: TaskStatus.completed,
    result: 5,
    error: undefined,
    createdAtMs,
    startedAtMs: createdAtMs + 100,
    completedAtMs: createdAtMs + 110,
  });
  expect(processor.activeTasks).toEqual([]);
});

test("tracks are processed side by side, and all results come back in their order", async () => {
  const { clock, processor } = setup();
  const pending = processor.processTracksParallel([300, 100, 200], async (durationMs) => {
    await clock.sleep(durationMs);
    return `${durationMs} ms`;
  });
  await clock.advance(300);
  expect(resultsOf(await pending)).toEqual(["300 ms", "100 ms", "200 ms"]);
  expect(clock.monotonicMs()).toBe(300);
});

test("states are named, and a pending or running task shows its own", async () => {
  expect(Object.values(TaskStatus)).toEqual(["pending", "running", "completed", "failed", "cancelled"]);
  const { clock, processor } = setup({ maxConcurrent: 1 });
  const states: unknown[] = [];
  const pending = processor.processTracksParallel(["a", "b"], () => clock.sleep(10), {
    onProgress: ({ task }) => states.push([task.args[0], task.status]),
  });
  await clock.advance(20);
  const tasks = await pending;
  expect(states).toEqual([
    ["a", "completed"],
    ["b", "completed"],
  ]);
  const running = tasks.map((task) => ({ ...task, status: TaskStatus.running }));
  expect(() => resultsOf(running)).toThrow("task-1 is running");
});

test("leaving the scope cancels what waits, aborts what runs, and refuses what comes", async () => {
  const { clock, processor } = setup({ maxConcurrent: 1 });
  const signals: AbortSignal[] = [];
  let call: Promise<unknown>;
  {
    await using scoped = processor;
    call = scoped.processTracksParallel(["a", "b"], (_title, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    call.catch(() => {});
    await clock.advance(1);
  }
  await expect(call).rejects.toMatchObject({ code: "RECOMMENDER_PROCESSOR_CLOSED" });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(processor.getPerformanceStats()).toMatchObject({ cancelledTasks: 2, runningTasks: 0, pendingTasks: 0 });
  await expect(processor.run(() => 1, [])).rejects.toMatchObject({ code: "RECOMMENDER_PROCESSOR_CLOSED" });
  await processor.close();
  expect(clock.pendingTimers).toBe(0);
});

test("a caller's signal ends its own list only", async () => {
  const { clock, processor } = setup({ maxConcurrent: 2 });
  const controller = new AbortController();
  const mine = processor.processTracksParallel([1, 2, 3], () => clock.sleep(100), { signal: controller.signal });
  const others = processor.processTracksParallel(["x"], async (text) => (await clock.sleep(100), text));
  await clock.advance(50);
  controller.abort(new Error("enough"));
  await expect(mine).rejects.toThrow("enough");
  await clock.advance(200);
  expect(resultsOf(await others)).toEqual(["x"]);
  expect(processor.getPerformanceStats()).toMatchObject({ cancelledTasks: 3, completedTasks: 1, failedTasks: 0 });
  await expect(processor.run(() => 1, [], { signal: controller.signal })).rejects.toThrow("enough");
});

test("what waits is bounded, and options out of their range are named", async () => {
  const { clock, processor } = setup({ maxConcurrent: 1, maxPending: 2 });
  const call = processor.processTracksParallel([1, 2, 3], () => clock.sleep(10));
  await expect(processor.processTracksParallel([4, 5], () => 1)).rejects.toMatchObject({
    code: "RECOMMENDER_PROCESSOR_OVERLOADED",
  });
  await clock.advance(30);
  expect(await call).toHaveLength(3);
  for (const options of [{ maxConcurrent: 0 }, { maxConcurrent: 1.5 }, { timeoutMs: 0 }, { maxPending: Number.NaN }])
    expect(() => createAsyncProcessor(options)).toThrow(Object.keys(options)[0]);
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@antiphon/std";
import { afterAll, expect, test } from "vitest";
import { createAsyncProfiler } from "./async-profiler.ts";
import { createProfiler, profileHeap } from "./profiler.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-profiling-"));
afterAll(() => rmSync(folder, { recursive: true }));

function busyLoop(rounds: number): number {
  let sum = 0;
  for (let round = 0; round < rounds; round++) sum += Math.sqrt(round) * Math.sin(round);
  return sum;
}

test("a profile names the function that took the time, and can be saved", async () => {
  const profiler = createProfiler({ samplingIntervalUs: 100 });
  const { result, profile } = await profiler.profile(() => busyLoop(3_000_000));
  expect(result).toBeTypeOf("number");
  expect(profile.topFunctions.map(({ functionName }) => functionName)).toContain("busyLoop");
  expect(profile.topFunctions.find(({ functionName }) => functionName === "busyLoop")?.location).toMatch(
    /profiler\.test/,
  );
  expect(profile.memoryPeakBytes).toBeGreaterThan(1_000_000);
  expect(profile.elapsedMs).toBeGreaterThan(0);
  const path = join(folder, "run.cpuprofile");
  await profile.save(path);
  expect(JSON.parse(readFileSync(path, "utf8"))).toHaveProperty("nodes");
});

test("a run is started once and stopped once, also when the task fails", async () => {
  await using profiler = createProfiler();
  await expect(profiler.stop()).rejects.toThrow(/does not run/);
  await expect(profiler.profile(() => Promise.reject(new Error("task")))).rejects.toThrow("task");
  await profiler.start();
  await expect(profiler.start()).rejects.toThrow(/runs already/);
});

test("a heap profile names who holds memory", async () => {
  const { result, allocations } = await profileHeap(
    function allocate() {
      return Array.from({ length: 20_000 }, (_empty, index) => ({ index, text: `entry ${index}` }));
    },
    { samplingIntervalBytes: 1_024 },
  );
  expect(result).toHaveLength(20_000);
  expect(allocations.some(({ location }) => location.includes("profiler.test"))).toBe(true);
  expect(allocations[0]?.selfBytes).toBeGreaterThanOrEqual(allocations.at(-1)?.selfBytes ?? 0);
});

test("asynchronous operations are measured by name, failed ones too", async () => {
  const clock = createManualClock();
  const profiler = createAsyncProfiler({ clock, nameLimit: 2 });
  const load = profiler.wrap()(async function load(durationMs: number, fails = false) {
    await clock.sleep(durationMs);
    if (fails) throw new Error("no");
    return durationMs;
  });
  const calls = Promise.allSettled([
    load(100),
    load(300, true),
    profiler.profile("never", () => new Promise(() => {})),
  ]);
  await clock.advance(300);
  expect(profiler.stats()).toEqual({
    load: { count: 2, failures: 1, active: 0, totalMs: 400, averageMs: 200, maximumMs: 300 },
    never: { count: 0, failures: 0, active: 1, totalMs: 0, averageMs: 0, maximumMs: 0 },
  });
  expect(await profiler.profile("one too many", async () => 1)).toBe(1);
  expect(profiler.dropped).toBe(1);
  profiler.reset();
  expect(profiler.stats()).toEqual({});
  expect(await profiler.profile("answer", async () => 42)).toBe(42);
  expect(profiler.stats()).toMatchObject({ answer: { count: 1, failures: 0, active: 0 } });
  void calls;
});

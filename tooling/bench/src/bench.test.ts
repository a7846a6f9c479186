import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defineBench, type BenchOptions } from "./define-bench.ts";
import { loadBenches, packagesWithBenches } from "./discover.ts";
import { measureProcess } from "./measure-process.ts";
import { interleave, median, spreadRatio } from "./measure.ts";
import { formatFigure } from "./print-table.ts";
import { reaches, runBench } from "./run-bench.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "antiphon-bench-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const effort = { isQuick: true, rounds: 3, roundMs: 1, limitMs: 1_000 };
const run = (options: BenchOptions) => runBench("std", defineBench(options), effort, { root, onRound: () => {} });

test("takes the middle of the figures", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(spreadRatio([1, 1, 1])).toBe(0);
  expect(spreadRatio([1, 2, 3, 4, 5])).toBeCloseTo(2 / 3);
});

test("measures in turn and changes who goes first", async () => {
  const order: string[] = [];
  const sampler = (name: string) => async () => order.push(name);
  const untilMs = Number.POSITIVE_INFINITY;
  const figures = await interleave([sampler("a"), sampler("b")], { rounds: 3, untilMs, onRound: () => {} });
  expect(order).toEqual(["a", "b", "b", "a", "a", "b"]);
  expect(figures.map(({ length }) => length)).toEqual([3, 3]);
  const late = await interleave([sampler("a")], { rounds: 3, untilMs: 0, onRound: () => {} });
  expect(late[0]).toHaveLength(1);
});

test("judges a figure by its bar", () => {
  expect(reaches({ atMost: 5 }, 5, null)).toBe(true);
  expect(reaches({ atLeast: 5 }, 4, null)).toBe(false);
  expect(reaches({ atMostTimesRival: 2 }, 9, 5)).toBe(true);
  expect(reaches({ atLeastTimesRival: 2 }, 9, 5)).toBe(false);
  expect(reaches({ atMostTimesRival: 2 }, 9, null)).toBeNull();
});

test("reports the CPU time of an operation, for work that returns at once and work that is awaited", async () => {
  const work = () => {
    for (let turn = 0, sum = 0; turn < 10_000; turn++) sum += turn;
  };
  const row = await run({
    name: "work",
    unit: "µs CPU/op",
    subject: { name: "ours", run: work, operationsPerRun: 10 },
    rival: { name: "theirs", version: "1.0.0", run: async () => work() },
    bar: { atMostTimesRival: 1_000 },
  });
  expect(row).toMatchObject({ package: "std", rival: "theirs 1.0.0", bar: "at most 1000 × rival", holds: true });
  expect(row.value).toBeGreaterThan(0);
  expect(row.rivalValue).toBeGreaterThan(0);
});

test("sets up, hands over the data's folder, and tears down also after a failure", async () => {
  const log: string[] = [];
  process.env.ANTIPHON_DATA = root;
  try {
    mkdirSync(join(root, "plays"));
    const row = await run({
      name: "reads",
      unit: "plays",
      data: "plays",
      setup: ({ dataFolder }) => void log.push(dataFolder),
      teardown: () => void log.push("teardown"),
      subject: { name: "ours", measure: () => Promise.reject(new Error("broken file")) },
      bar: { atLeast: 1 },
    });
    expect(row).toMatchObject({ value: null, holds: false, note: "failed: broken file" });
    expect(log).toEqual([join(root, "plays"), "teardown"]);
  } finally {
    delete process.env.ANTIPHON_DATA;
  }
});

test("says that its data is missing", async () => {
  const row = await run({
    name: "reads",
    unit: "plays",
    data: "no-such-data",
    subject: { name: "ours", measure: () => 1 },
  });
  expect(row.value).toBeNull();
  expect(row.note).toContain('no data: "no-such-data"');
});

test("finds the packages that have benchmarks, and their benchmarks", async () => {
  mkdirSync(join(root, "packages/a/bench"), { recursive: true });
  mkdirSync(join(root, "packages/b/src"), { recursive: true });
  const define = new URL("define-bench.ts", import.meta.url).href;
  const text = `import { defineBench } from "${define}";
    export const first = defineBench({ name: "one", unit: "x", subject: { name: "s", measure: () => 1 } });
    export const other = 5;`;
  writeFileSync(join(root, "packages/a/bench/a.bench.ts"), text);
  expect(packagesWithBenches(root)).toEqual(["a"]);
  expect((await loadBenches(root, "a")).map(({ name }) => name)).toEqual(["one"]);
});

test("measures a whole process", async () => {
  const file = join(root, "work.mjs");
  writeFileSync(file, "console.log('done', process.argv[2])");
  const measure = await measureProcess(file, ["well"]);
  expect(measure.output).toBe("done well\n");
  expect(measure.cpuMs).toBeGreaterThan(0);
  expect(measure.peakRssBytes).toBeGreaterThan(1_000_000);
  writeFileSync(file, "process.exit(3)");
  await expect(measureProcess(file)).rejects.toThrow("ended with 3");
});

test("prints figures with four digits and no exponent", () => {
  expect([0, 0.000012345, 1.23456, 123456.7].map(formatFigure)).toEqual(["0", "0.00001235", "1.235", "123,457"]);
});

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { coverageSettings } from "./coverage-settings.ts";
import { readTestArguments } from "./test-arguments.ts";
import { KINDS_VARIABLE, testPatterns, wantedKinds } from "./test-kinds.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const clock = "packages/std/src/clock.test.ts";

/** Runs what `npm test -- …` runs, without what this run of vitest left in the environment. */
function npmTest(...args: string[]) {
  const environment = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|VITE_|ANTIPHON_TEST|NODE_V8)/.test(name),
  );
  const file = join(root, "tooling/vitest/src/main.ts");
  return spawnSync(process.execPath, ["--conditions=@antiphon/source", file, ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...Object.fromEntries(environment), NO_COLOR: "1", CI: "true" },
  });
}

function listFiles(...args: string[]): string[] {
  const { stdout, stderr, status } = npmTest("list", "--filesOnly", ...args);
  expect(status, stderr).toBe(0);
  const files = stdout.split("\n").map((line) => line.replace(/^\[[^\]]*\] /, "").trim());
  return files.filter((file) => file.endsWith(".test.ts"));
}

// Each starts the whole runner once or more, which a busy machine may take its time for.
describe("npm test", { timeout: 480_000 }, () => {
  test("without arguments takes every test", () => {
    const files = listFiles();
    expect(files).toContain(clock);
    expect(files.some((file) => /^packages\/\w+\/test\//.test(file))).toBe(true);
    expect(files.some((file) => /^apps\/\w+\/test\//.test(file))).toBe(true);
    const parts = ["--unit", "--integration", "--e2e"].flatMap((kind) => listFiles(kind));
    expect(parts.toSorted()).toEqual(files.toSorted());
  });

  test("--unit takes the tests beside the code alone", () => {
    const files = listFiles("--unit");
    expect(files).toContain(clock);
    expect(files.filter((file) => !/^(?:packages|apps|tooling)\/[\w-]+\/src\//.test(file))).toEqual([]);
  });

  test("--integration takes the tests of packages against simulators and servers alone", () => {
    const files = listFiles("--integration");
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file) => !/^(?:packages|tooling)\/[\w-]+\/test\//.test(file))).toEqual([]);
  });

  test("--e2e takes the tests of whole apps alone", () => {
    const files = listFiles("--e2e");
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !/^apps\/[\w-]+\/test\//.test(file))).toEqual([]);
  });

  test("runs one test, chosen by file and name", () => {
    const all = npmTest("list", clock).stdout.trim().split("\n");
    const title = all[0]?.split(" > ").at(-1) ?? "";
    expect(all.length).toBeGreaterThan(1);
    const { stdout, status } = npmTest(clock, "-t", title.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^1 passed, 0 failed, \d+ skipped$/);
  });

  test("--coverage measures which lines of packages and pages run", () => {
    const folder = mkdtempSync(join(tmpdir(), "antiphon-coverage-"));
    try {
      const some = ["packages/std/src/**/*.ts", "apps/playground/web/*.ts"];
      const only = [...some.flatMap((files) => ["--coverage.include", files]), "--coverage.reportsDirectory", folder];
      const { stdout, status } = npmTest("--unit", "--coverage", ...only, clock, "-t", "clock");
      expect(status, stdout).toBe(0);
      expect(stdout).toMatch(/Statements +: +\d+(?:\.\d+)?%/);
      expect(existsSync(join(folder, "index.html"))).toBe(true);
      const measured = Object.keys(JSON.parse(readFileSync(join(folder, "coverage-summary.json"), "utf8")) as object);
      expect(measured).toContain(join(root, "packages/std/src/clock.ts"));
      expect(measured).toContain(join(root, "apps/playground/web/main.ts"));
      // Without a choice of ours it is all of both.
      expect(coverageSettings.include).toEqual(["packages/*/src/**/*.ts", "apps/*/{src,web}/**/*.ts"]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("says that no file matches", () => {
    const { stderr, stdout, status } = npmTest("no/such/file.test.ts");
    expect(status).toBe(1);
    expect(`${stdout}${stderr}`).toContain("No test files found");
  });

  test("explains itself", () => {
    const { stdout, status } = npmTest("--help");
    expect(status).toBe(0);
    for (const option of ["--unit", "--integration", "--e2e", "--coverage", "-t NAME"])
      expect(stdout).toContain(option);
  });
});

test("takes our own options out of the arguments and leaves vitest's alone", () => {
  expect(readTestArguments([])).toEqual({ wantsHelp: false, kinds: [], vitest: ["run"] });
  expect(readTestArguments(["--e2e", "--unit", "--project", "std", "-t", "x"])).toEqual({
    wantsHelp: false,
    kinds: ["unit", "e2e"],
    vitest: ["run", "--project", "std", "-t", "x"],
  });
  expect(readTestArguments(["--unit", "list"]).vitest).toEqual(["list"]);
});

test("a kind is told by the folder", () => {
  expect(wantedKinds({})).toEqual(["unit", "integration", "e2e"]);
  expect(wantedKinds({ [KINDS_VARIABLE]: "e2e,unit" })).toEqual(["unit", "e2e"]);
  expect(testPatterns("packages/voice", ["unit", "integration", "e2e"])).toEqual([
    "src/**/*.test.ts",
    "test/**/*.test.ts",
  ]);
  expect(testPatterns("packages/voice", ["e2e"])).toEqual([]);
  expect(testPatterns("apps/bot", ["e2e"])).toEqual(["test/**/*.test.ts"]);
});

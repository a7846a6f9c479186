import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { crashesOf } from "./crash.ts";
import { wantedPatterns } from "./test-kinds.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));

const config = `
  import { defineConfig } from "vitest/config";
  import { repeatedRun } from ${JSON.stringify(`${here}crash.ts`)};
  import { createSummaryReporter } from ${JSON.stringify(`${here}summary-reporter.ts`)};
  const repeated = repeatedRun(process.env)?.crashes.map(({ file }) => file);
  export default defineConfig({ test: {
    pool: "forks", include: repeated ?? ["*.test.ts"], reporters: ["default", createSummaryReporter()],
  } });`;

/** A test that notes each of its runs, and dies by a signal in those that \`dies\` says. */
const noting = (name: string, dies: string, signal: string) => `
  import { appendFileSync, readFileSync } from "node:fs";
  import { test } from "vitest";
  test("before", () => {});
  test("notes", async () => {
    appendFileSync("${name}.runs", "x");
    const runs = readFileSync("${name}.runs", "utf8").length;
    if (!(${dies})) return;
    process.kill(process.pid, "${signal}");
    await new Promise(() => {});
  });`;

const failing = `
  import { appendFileSync } from "node:fs";
  import { expect, test } from "vitest";
  test("fails", () => { appendFileSync("failing.runs", "x"); expect(1).toBe(2); });`;

/** Runs \`npm test\` in a folder with these test files. */
function runTests(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), "antiphon-crash-"));
  try {
    for (const [file, text] of Object.entries({ "vitest.config.ts": config, ...files }))
      writeFileSync(join(root, file), text);
    mkdirSync(join(root, "node_modules"));
    for (const name of ["vitest", "@types"])
      symlinkSync(join(project, "node_modules", name), join(root, "node_modules", name));
    const environment = Object.entries(process.env).filter(
      ([name]) => !/^(?:VITEST|VITE_|ANTIPHON_TEST|NODE_V8)/.test(name),
    );
    const { stdout, status } = spawnSync(process.execPath, [join(here, "main.ts")], {
      cwd: root,
      encoding: "utf8",
      env: { ...Object.fromEntries(environment), NO_COLOR: "1", CI: "true" },
    });
    const notes = readdirSync(root).filter((file) => file.endsWith(".runs"));
    const runs = Object.fromEntries(notes.map((file) => [file, readFileSync(join(root, file), "utf8").length]));
    return { stdout, status, runs, lastLine: stdout.trimEnd().split("\n").at(-1) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

// Each starts the whole runner twice, which a busy machine may take its time for.
test("a file whose process dies by a fault runs once more, alone, and that counts", { timeout: 480_000 }, () => {
  const { stdout, status, runs, lastLine } = runTests({
    "once.test.ts": noting("once", "runs === 1", "SIGTRAP"),
    "well.test.ts": noting("well", "false", "SIGTRAP"),
  });
  expect(stdout).toContain("  once.test.ts: its process died by SIGTRAP; it runs once more");
  expect(lastLine).toBe("4 passed, 0 failed, 0 skipped");
  expect(stdout.match(/\d+ passed, \d+ failed/g)).toHaveLength(1);
  expect(runs).toEqual({ "once.runs": 2, "well.runs": 1 });
  expect(status).toBe(0);
});

test("a second death fails, and a failed test never runs again", { timeout: 480_000 }, () => {
  const { status, runs, lastLine } = runTests({
    "always.test.ts": noting("always", "true", "SIGTRAP"),
    "failing.test.ts": failing,
  });
  expect(lastLine).toMatch(/^0 passed, 2 failed, \d skipped$/);
  expect(runs).toEqual({ "always.runs": 2, "failing.runs": 1 });
  expect(status).toBe(1);
});

test(
  "a failure elsewhere is not forgotten over a death, and who was ended by somebody stays dead",
  { timeout: 480_000 },
  () => {
    const { status, runs, lastLine } = runTests({
      "once.test.ts": noting("once", "runs === 1", "SIGSEGV"),
      "failing.test.ts": failing,
      "ended.test.ts": noting("ended", "true", "SIGTERM"),
    });
    expect(lastLine).toMatch(/^2 passed, 2 failed, \d skipped$/);
    expect(runs).toEqual({ "ended.runs": 1, "failing.runs": 1, "once.runs": 2 });
    expect(status).toBe(1);
  },
);

test("only deaths by a fault are crashes", () => {
  const pool = (cause: string) => new Error("[vitest-pool]: Worker forks emitted error.", { cause: new Error(cause) });
  const died = (how: string) =>
    pool(`Worker exited unexpectedly ${how} during started state while running test file /root/a/b.test.ts`);
  const errors = [
    died("with signal SIGILL"),
    died("with signal SIGKILL"),
    died("with exit code 3"),
    new Error("x"),
    {},
  ];
  expect(crashesOf(errors, "/root")).toEqual([{ file: "a/b.test.ts", signal: "SIGILL" }]);
});

test("a run that repeats some files takes them from their folders", () => {
  const files = ["packages/voice/test/a.test.ts", "packages/voice-x/src/b.test.ts"];
  expect(wantedPatterns("packages/voice", ["unit"], files)).toEqual(["test/a.test.ts"]);
  expect(wantedPatterns("packages/std", ["unit"], files)).toEqual([]);
  expect(wantedPatterns("packages/std", ["unit"], undefined)).toEqual(["src/**/*.test.ts"]);
});

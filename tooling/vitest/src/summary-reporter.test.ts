import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const project = fileURLToPath(new URL("../../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));

const files: Readonly<Record<string, string>> = {
  "vitest.config.ts": `
    import { defineConfig } from "vitest/config";
    import { createSummaryReporter } from ${JSON.stringify(`${here}summary-reporter.ts`)};
    export default defineConfig({ test: {
      pool: "forks", include: ["*.test.ts"], setupFiles: [${JSON.stringify(`${here}leak-check.ts`)}],
      reporters: ["default", createSummaryReporter()],
    } });`,
  "good.test.ts": `
    import { test } from "vitest";
    import { describeUnless } from ${JSON.stringify(`${here}skip.ts`)};
    test("passes", () => {});
    describeUnless("no such server", "with a server", () => { test("is skipped", () => {}); });`,
  "bad.test.ts": `
    import { describe, expect, test } from "vitest";
    describe("suite", () => { test("fails", () => { expect(1).toBe(2); }); });`,
  "broken.test.ts": `throw new Error("does not load");`,
  "leaky.test.ts": `
    import { createServer } from "node:net";
    import { Worker } from "node:worker_threads";
    import { test } from "vitest";
    test("opens", async () => {
      await new Promise((resolve) => createServer().listen(0, "127.0.0.1", resolve));
      new Worker("setInterval(() => {}, 1000)", { eval: true });
      setInterval(() => {}, 1000);
    });`,
};

test("a run ends with skipped suites and plain totals, in which files that break or leak count as failed", () => {
  const root = mkdtempSync(join(tmpdir(), "antiphon-vitest-"));
  try {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text);
    mkdirSync(join(root, "node_modules"));
    for (const name of ["vitest", "@types"])
      symlinkSync(join(project, "node_modules", name), join(root, "node_modules", name));
    const vitest = join(project, "node_modules/vitest/vitest.mjs");
    const env = {
      ...process.env,
      NO_COLOR: "1",
      VITEST: undefined,
      VITEST_POOL_ID: undefined,
      VITEST_WORKER_ID: undefined,
      ANTIPHON_TEST_CRASH_REPORT: undefined,
      ANTIPHON_TEST_RERUN: undefined,
    };
    const { stdout, stderr, status } = spawnSync(process.execPath, [vitest, "run"], {
      cwd: root,
      encoding: "utf8",
      env,
    });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.at(-1), stderr).toBe("2 passed, 3 failed, 1 skipped");
    expect(stdout).toContain("good.test.ts › with a server: no such server");
    expect(stderr).toContain("left open: 1 TCP server, 1 timer, 1 worker thread");
    expect(status).toBe(1);
    const results = JSON.parse(
      readFileSync(join(root, "node_modules/.cache/antiphon/test-results.json"), "utf8"),
    ) as unknown;
    expect(results).toMatchObject({
      "bad.test.ts": { tests: [{ title: "suite > fails", state: "failed" }] },
      "good.test.ts": { tests: [{ state: "passed" }, { title: "with a server > is skipped", state: "skipped" }] },
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

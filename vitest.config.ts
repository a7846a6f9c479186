import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { coverageSettings } from "./tooling/vitest/src/coverage-settings.ts";
import { repeatedRun } from "./tooling/vitest/src/crash.ts";
import { wantedKinds, wantedPatterns } from "./tooling/vitest/src/test-kinds.ts";
import { createSummaryReporter } from "./tooling/vitest/src/summary-reporter.ts";

// Every folder below these roots that has a package.json is one project, named as its folder.
const roots = ["packages", "apps", "tooling"];
const folders = roots.flatMap((root) =>
  readdirSync(new URL(root, import.meta.url)).map((name) => ({ name, root: `${root}/${name}` })),
);
const projects = folders.filter(({ root }) => existsSync(new URL(`${root}/package.json`, import.meta.url)));

// `npm test -- --unit` and its sisters; a folder without tests of the kind is no project of the run.
const kinds = wantedKinds(process.env);
// Files whose process died in the run before, if this one repeats them.
const repeated = repeatedRun(process.env)?.crashes.map(({ file }) => file);
const patternsOf = (root: string) => wantedPatterns(root, kinds, repeated);
const wanted = projects.filter(({ root }) => patternsOf(root).length > 0);

// Tests read the sources: this condition is first in every package's exports.
// Vite and Node add "import" or "require" themselves; naming "import" would hand ES modules to packages that require.
const conditions = ["@antiphon/source", "node", "module"];
const leakCheck = fileURLToPath(new URL("tooling/vitest/src/leak-check.ts", import.meta.url));

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: wanted.map(({ name, root }) => ({
      extends: true as const,
      test: {
        name,
        root: `./${root}`,
        include: patternsOf(root),
        setupFiles: [leakCheck],
        passWithNoTests: true,
      },
    })),
    // The summary comes last, so that the totals are the run's last line.
    reporters: ["default", createSummaryReporter()],
    coverage: coverageSettings,
    pool: "forks",
    // Most files wait for sockets rather than for the processor, so even a small machine runs two at once.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    execArgv: ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning"],
    // They end what hangs and judge no speed: a machine may be busy.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
  },
});

import { existsSync, readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

// Every folder below these roots that has a package.json is one project, named as its folder.
const roots = ["packages", "apps", "tooling"];
const folders = roots.flatMap((root) =>
  readdirSync(new URL(root, import.meta.url)).map((name) => ({ name, root: `${root}/${name}` })),
);
const projects = folders.filter(({ root }) => existsSync(new URL(`${root}/package.json`, import.meta.url)));

// Tests read the sources: this condition is first in every package's exports.
const conditions = ["@antiphon/source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: projects.map(({ name, root }) => ({
      extends: true as const,
      test: {
        name,
        root: `./${root}`,
        include: ["src/**/*.test.ts", "test/**/*.test.ts"],
        passWithNoTests: true,
      },
    })),
    pool: "forks",
    execArgv: ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});

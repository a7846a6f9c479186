import { afterEach, beforeEach, expect, test } from "vitest";
import { lintImports } from "../src/tarballs.ts";
import { createTemporaryProject, packageFiles, type TemporaryProject } from "./temporary-project.ts";

let project: TemporaryProject;

beforeEach(() => {
  project = createTemporaryProject();
});

afterEach(() => {
  project[Symbol.dispose]();
});

test("a built module may import Node by its own names, the package's dependencies, and nothing else", () => {
  const workspace = project.write({
    ...packageFiles("rest", "clients", { dependencies: { undici: "^8" }, peerDependencies: { "@antiphon/std": "*" } }),
    "packages/rest/dist/index.js": `
      import "node:sqlite";
      import { Pool } from "undici/lib/pool.js";
      import "@antiphon/std/clock";
      import "./deep/inner.js";
      export const worker = () => import("@antiphon/rest/worker");`,
    "packages/rest/dist/deep/inner.js": 'import { DatabaseSync } from "sqlite";\nexport * from "@antiphon/sim";',
  });
  const [subject] = workspace.packages;
  if (subject === undefined) throw new Error("there is no package");
  expect(lintImports(subject, workspace.root)).toEqual([
    '@antiphon/rest: dist/deep/inner.js imports "sqlite", which is not among its dependencies',
    '@antiphon/rest: dist/deep/inner.js imports "@antiphon/sim", which is not among its dependencies',
  ]);
});

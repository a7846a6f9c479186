import { afterEach, beforeEach, expect, test } from "vitest";
import { packageShapeCheck } from "../src/package-shape.ts";
import { createTemporaryProject, packageFiles, readme, type TemporaryProject } from "./temporary-project.ts";

let project: TemporaryProject;

beforeEach(() => {
  project = createTemporaryProject();
  project.write(packageFiles("std", "base"));
});

afterEach(() => {
  project[Symbol.dispose]();
});

async function problems(files: Parameters<TemporaryProject["write"]>[0]): Promise<readonly string[]> {
  return (await packageShapeCheck.run(project.write(files))).problems;
}

test("a package of the right shape has no problem", async () => {
  expect(await problems({})).toEqual([]);
});

test.each<[string, Record<string, unknown>]>([
  ['name must be "@antiphon/std"', { name: "@antiphon/other" }],
  ["description must be a sentence", { description: "things" }],
  ["sideEffects must be false", { sideEffects: true }],
  ["files must be", { files: ["dist"] }],
  ['engines.node must be ">=22.18"', { engines: { node: ">=18" } }],
  ['publishConfig.access must be "public"', { publishConfig: {} }],
  ["exports must name at least one entry", { exports: {} }],
  ['must have the condition "@antiphon/source"', { exports: { ".": "./dist/index.js" } }],
  ["names ./src/gone.ts, which is not there", { exports: { ".": { "@antiphon/source": "./src/gone.ts" } } }],
  ["packages/* are published", { private: true }],
  ['@antiphon/protocol must be "workspace:*"', { dependencies: { "@antiphon/protocol": "^1.0.0" } }],
])("%s", async (problem, more) => {
  expect(await problems(packageFiles("std", "base", more))).toContainEqual(expect.stringContaining(problem));
});

test("the source condition comes first, or the built files would be taken", async () => {
  const entry = { types: "./dist/index.d.ts", "@antiphon/source": "./src/index.ts", default: "./dist/index.js" };
  const [found] = await problems(packageFiles("std", "base", { exports: { ".": entry } }));
  expect(found).toContain('exports["."] must be {"@antiphon/source"');
});

test("what several packages use comes from the catalog", async () => {
  const dependencies = { zod: "^4.0.0" };
  const found = await problems({
    ...packageFiles("std", "base", { dependencies }),
    ...packageFiles("rest", "clients", { dependencies }),
  });
  expect(found).toHaveLength(2);
  expect(found[0]).toContain("zod is used by several packages");
});

test("file names say what is in them, and an index only passes on", async () => {
  const found = await problems({
    "packages/std/src/utils.ts": "",
    "packages/std/src/camelCase.ts": "",
    "packages/std/src/inner/index.ts": "export const x = 1;",
  });
  expect(found).toEqual([
    expect.stringContaining("src/camelCase.ts: file names are kebab-case"),
    expect.stringContaining("src/inner/index.ts: an index holds only"),
    expect.stringContaining('src/utils.ts: a file is named for the one thing it exports, not "utils"'),
  ]);
});

test("a README has the headings in order, and a paragraph for every error code", async () => {
  const codes = 'export type StdErrorCode = "STD_FULL" | "STD_CLOSED";';
  const found = await problems({
    "packages/std/src/error.ts": codes,
    "packages/std/README.md": readme("std", "`STD_FULL`"),
  });
  expect(found).toEqual([expect.stringContaining("the error code STD_CLOSED has no paragraph")]);
  const [unordered] = await problems({
    "packages/std/src/error.ts": "",
    "packages/std/README.md": readme("std").replace("## Events", "## Happenings"),
  });
  expect(unordered).toContain("the headings must be Install, Example");
  const long = `${readme("std")}${"\n".repeat(200)}`;
  expect(await problems({ "packages/std/README.md": long })).toEqual([
    expect.stringContaining("a README has at most 200"),
  ]);
});

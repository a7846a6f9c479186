import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { analyzeProject, createBaseline } from "@antiphon/quality";
import { resultsPath, type RecordedTest } from "@antiphon/vitest/results";
import { afterEach, beforeEach, expect, test } from "vitest";
import { changesetsCheck } from "../src/changesets.ts";
import type { Check, CheckResult } from "../src/check.ts";
import { examplesCheck } from "../src/examples.ts";
import { fileSizesCheck } from "../src/file-sizes.ts";
import { qualityCheck } from "../src/quality.ts";
import { extractExamples } from "../src/readme-examples.ts";
import { coverageCheck } from "../src/reference-coverage.ts";
import { createTemporaryProject, packageFiles, readme, type TemporaryProject } from "./temporary-project.ts";

let project: TemporaryProject;

beforeEach(() => {
  project = createTemporaryProject();
  project.write({
    ...packageFiles("std", "base"),
    "tooling/tsconfig/base.json": {
      compilerOptions: {
        module: "NodeNext",
        strict: true,
        noEmit: true,
        allowImportingTsExtensions: true,
        customConditions: ["@antiphon/source"],
        types: ["node"],
      },
    },
  });
});

afterEach(() => {
  project[Symbol.dispose]();
});

async function run(check: Check, files: Parameters<TemporaryProject["write"]>[0] = {}): Promise<CheckResult> {
  return check.run(project.write(files));
}

test("sizes: finds a file that has grown too long", async () => {
  expect((await run(fileSizesCheck)).problems).toEqual([]);
  const { problems } = await run(fileSizesCheck, { "packages/std/src/long.ts": "//\n".repeat(501) });
  expect(problems).toEqual([expect.stringContaining("packages/std/src/long.ts: 501 lines")]);
});

test("changesets: a new package needs one, and it must make sense", async () => {
  expect((await run(changesetsCheck)).problems).toEqual([]);
  const { problems } = await run(changesetsCheck, {
    ".changeset/std.md": '---\n"@antiphon/nowhere": huge\n---\n\nText.\n',
    ".changeset/empty.md": "Only text.\n",
  });
  expect(problems).toEqual([
    expect.stringContaining(".changeset/empty.md: its frontmatter names no package"),
    expect.stringContaining("@antiphon/nowhere is no published package"),
    expect.stringContaining('"huge" is not patch, minor or major'),
    expect.stringContaining("packages/std is new and no file in .changeset names it"),
  ]);
});

test("changesets: a released package needs one as soon as it differs from its tag", async () => {
  const git = (...args: string[]) => {
    const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    execFileSync("git", [...identity, ...args], { cwd: project.root });
  };
  project.write({
    ...packageFiles("std", "base", { version: "1.0.0" }),
    ".changeset/std.md": '---\n"@antiphon/rest": minor\n---\n',
  });
  project.write(packageFiles("rest", "clients"));
  git("init", "-q");
  git("add", "packages");
  git("commit", "-q", "-m", "Release");
  git("tag", "@antiphon/std@1.0.0");
  expect((await run(changesetsCheck)).problems).not.toContainEqual(expect.stringContaining("packages/std"));
  const { problems } = await run(changesetsCheck, {
    "packages/std/src/one.ts": "export const one = 2;",
    ".changeset/std.md": '---\n"@antiphon/rest": patch\n---\n',
  });
  expect(problems).toContainEqual(expect.stringContaining("packages/std is changed"));
});

/** Results live in node_modules, which the temporary project otherwise borrows. */
function writeResults(target: TemporaryProject, file: string, tests: readonly RecordedTest[]): void {
  rmSync(join(target.root, "node_modules"));
  const path = resultsPath(target.root);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ [file]: { endedAtMs: 1, tests } }));
}

const table = (...rows: string[]) => `id\tpackage\texport\ttest\tstate\n${rows.join("\n")}\n`;
const members = "id\twhat\nZ-001\tx\nZ-002\ty\nK-001\tz\n";

test("coverage: counts what is done per reference", async () => {
  const { problems, notes } = await run(coverageCheck, {
    "apps/docs/reference-members.tsv": members,
    "apps/docs/reference-coverage.tsv": table("Z-001\tstd\t\t\topen", "Z-002\tstd\t\t\topen", "K-001\tstd\t\t\topen"),
  });
  expect(problems).toEqual([]);
  expect(notes).toContain("Z zignal: 0 / 2");
  expect(notes?.at(-1)).toBe("all: 0 / 3");
});

test("coverage: the table must name each member once, and no other", async () => {
  const { problems } = await run(coverageCheck, {
    "apps/docs/reference-members.tsv": members,
    "apps/docs/reference-coverage.tsv": table(
      "Z-001\tstd\t\t\topen",
      "Z-001\tstd\t\t\tfinished",
      "Z-009\tstd\t\t\topen",
    ),
  });
  expect(problems).toEqual([
    expect.stringContaining("Z-002 is missing"),
    expect.stringContaining("K-001 is missing"),
    expect.stringContaining("there is no member Z-009"),
    expect.stringContaining('state must be "open" or "done", not "finished"'),
    expect.stringContaining("some id stands there twice"),
  ]);
});

test("coverage: what is done must be public, and its test must have passed", async () => {
  using other = createTemporaryProject();
  const file = "packages/std/src/one.test.ts";
  const row = (entry: string, title: string) => `Z-001\t@antiphon/std\t${entry}\t${file} › ${title}\tdone`;
  const check = async (entry: string, title: string) =>
    (
      await coverageCheck.run(
        other.write({
          ...packageFiles("std", "base"),
          "packages/std/src/one.ts": '/** One. */\nexport const one = { depth: 1, path: "/v4/info" };\n',
          [file]: "",
          "apps/docs/reference-members.tsv": "id\nZ-001\n",
          "apps/docs/reference-coverage.tsv": table(row(entry, title)),
        }),
      )
    ).problems;
  expect(await check("one", "adds")).toEqual([expect.stringContaining("did not run")]);
  writeResults(other, file, [
    { title: "adds", state: "passed" },
    { title: "waits", state: "skipped" },
  ]);
  for (const entry of ["one", "one.depth", "one()", "GET /v4/info"])
    expect(await check(entry, "adds"), entry).toEqual([]);
  expect(await check("two", "adds")).toEqual([expect.stringContaining('makes no "two" public')]);
  expect(await check("one.height", "adds")).toEqual([expect.stringContaining('makes no "one.height" public')]);
  expect(await check("one", "waits")).toEqual([
    expect.stringContaining('the test "waits" in packages/std/src/one.test.ts skipped'),
  ]);
  expect(await check("one", "flies")).toEqual([expect.stringContaining('has no test "flies"')]);
});

/** These compile, and run programs, several times. */
const patiently = { timeout: 180_000 };

test("examples: a block is found with the line on which its code begins", () => {
  expect(extractExamples("# A\n\n```ts\nconst a = 1;\n```\n\n```sh\nls\n```\n")).toEqual([
    { line: 4, code: "const a = 1;\n" },
  ]);
});

test(
  "examples: a block that does not compile, and one that fails, are named by the README's line",
  patiently,
  async () => {
    const good = '```ts\nimport { one } from "@antiphon/std";\n\nif (one !== 1) throw new Error("not one");\n```';
    expect(await run(examplesCheck, { "packages/std/README.md": readme("std", good) })).toEqual({
      problems: [],
      notes: [
        expect.stringMatching(/^1 blocks of READMEs took [\d.]+ s, 1 programs [\d.]+ s$/),
        expect.stringMatching(/^ *[\d.]+ s {2}packages\/std\/examples\/one\.ts$/),
      ],
    });
    const bad = "```ts\nconst text: string = 5;\nthrow new Error(`example ${text}`);\n```";
    const { problems } = await run(examplesCheck, { "packages/std/README.md": readme("std", bad) });
    expect(problems[0]).toMatch(/^packages\/std\/README.md:12 error TS2322/);
    expect(problems[1]).toMatch(/^packages\/std\/README.md:12: the example failed:[\s\S]*Error: example 5/);
    expect(existsSync(join(project.root, "packages/std/.readme-examples"))).toBe(false);
  },
);

test(
  "examples: a program must compile, succeed, print, and leave no files and no warnings behind",
  patiently,
  async () => {
    const folder = "packages/std/examples";
    const { problems } = await run(examplesCheck, {
      [`${folder}/a-types.ts`]: "// Shows a.\nconst text: string = 5;\nconsole.log(text);\n",
      [`${folder}/b-fails.ts`]: '// Shows b.\nconsole.log("so far");\nawait Promise.reject(new Error("no further"));\n',
      [`${folder}/c-endless.ts`]: "// Shows c.\nawait new Promise(() => {});\n",
      [`${folder}/d-silent.ts`]: "// Shows d.\nexport {};\n",
      [`${folder}/e-litters.ts`]: [
        "// Shows e.",
        'import { mkdtempSync } from "node:fs";',
        'import { tmpdir } from "node:os";',
        "mkdtempSync(`${tmpdir()}/litter-`);",
        'console.log("done");\n',
      ].join("\n"),
      [`${folder}/f-warns.ts`]: '// Shows f.\nprocess.emitWarning("old");\nconsole.log("done");\n',
    });
    expect(problems).toEqual([
      expect.stringMatching(/^packages\/std\/examples\/a-types\.ts:2 error TS2322/),
      expect.stringMatching(/b-fails\.ts: the example failed:\n[\s\S]*Error: no further/),
      expect.stringMatching(/c-endless\.ts: the example failed:\n[\s\S]*unsettled top-level await/),
      expect.stringContaining("d-silent.ts: the example prints nothing"),
      expect.stringContaining("e-litters.ts: the example leaves temporary files: litter-"),
      expect.stringMatching(/f-warns\.ts: Node warns while the example runs:\n[\s\S]*Warning: old/),
    ]);
  },
);

test(
  "examples: a package needs a program, which says what it shows, imports what readers can, and ends by itself",
  patiently,
  async () => {
    rmSync(join(project.root, "packages/std/examples"), { recursive: true });
    expect((await run(examplesCheck)).problems).toEqual([
      expect.stringContaining("packages/std: it has no program in examples/"),
    ]);
    const text = 'import { one } from "../src/one.ts";\nconsole.log(one);\nprocess.exit(0);\n';
    const { problems } = await run(examplesCheck, {
      "packages/std/examples/own.ts": text,
      "packages/std/examples/parts/part.ts": "export const part = 1;\n",
      "packages/std/examples/parted.ts":
        '// Shows parts.\nimport { part } from "./parts/part.ts";\nconsole.log(part);\n',
    });
    expect(problems).toEqual([
      expect.stringContaining("packages/std/examples/own.ts:1 imports ../src/one.ts"),
      expect.stringContaining("own.ts: a comment at the top"),
      expect.stringContaining("own.ts: an example ends by closing what it opened"),
    ]);
  },
);

test("quality: finds new faults, and leaves those of the baseline alone", async () => {
  const settings = { "antiphon-analyze.json": { include: ["packages/*/src/**"], gate: { minDocumentedPercent: 50 } } };
  const baseline = (findings: object[]) => ({ "tooling/checks/quality-baseline.json": { version: 1, findings } });
  const code = { "packages/std/src/run.ts": "/** Runs a text. */\nexport const run = (text: string) => eval(text);\n" };
  const { problems } = await run(qualityCheck, { ...settings, ...baseline([]), ...code });
  expect(problems).toEqual([
    expect.stringMatching(/^packages\/std\/src\/run\.ts:2:38: `eval` .*\(security\/dynamic-code\)$/),
    "1 new findings are at least a warning; at most 0 are allowed.",
  ]);
  const workspace = project.write({});
  const { findings } = await analyzeProject(workspace.root);
  const known = createBaseline(findings).findings;
  expect((await run(qualityCheck, baseline(known))).problems).toEqual([]);
  const repaired = await run(qualityCheck, {
    "packages/std/src/run.ts": "/** Runs. */\nexport const run = () => 1;\n",
  });
  expect(repaired).toMatchObject({ problems: [], notes: [expect.any(String), expect.stringContaining("are gone")] });
});

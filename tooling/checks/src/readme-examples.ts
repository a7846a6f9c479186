import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Check } from "./check.ts";
import { runProgram } from "./run-program.ts";
import { isPublished, readText, type Workspace } from "./workspace.ts";

const EXAMPLE_LIMIT_MS = 180_000;

interface Example {
  /** The README, and where in it the block begins. */
  readonly readme: string;
  readonly line: number;
  /** The file that it was written to, from the root. */
  readonly file: string;
  readonly code: string;
}

/** The blocks of a README that are marked `ts`, with the line of the first line of code. */
export function extractExamples(text: string): { readonly line: number; readonly code: string }[] {
  return Array.from(text.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ({ index, 1: code = "" }) => ({
    line: text.slice(0, index).split("\n").length + 1,
    code,
  }));
}

/** Examples are written into the package itself, so that their imports resolve as its own sources' do. */
function collect(workspace: Workspace): Example[] {
  const readmes = workspace.packages
    .filter(isPublished)
    .map(({ folder }) => ({ readme: `${folder}/README.md`, folder }));
  // The root has no dependencies on packages; the reference bot has nearly all of them.
  readmes.push({ readme: "README.md", folder: "apps/bot" });
  return readmes
    .filter(({ readme }) => existsSync(join(workspace.root, readme)))
    .flatMap(({ readme, folder }) =>
      extractExamples(readText(workspace, readme)).map(({ line, code }) => {
        const prefix = readme === "README.md" ? "root-" : "";
        return { readme, line, code, file: `${folder}/.readme-examples/${prefix}line-${line}.ts` };
      }),
    );
}

async function compile(root: string, examples: readonly Example[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-examples-"));
  const project = join(folder, "tsconfig.json");
  const settings = {
    extends: join(root, "tooling/tsconfig/base.json"),
    compilerOptions: { typeRoots: [join(root, "node_modules/@types")] },
    files: examples.map(({ file }) => join(root, file)),
  };
  writeFileSync(project, JSON.stringify(settings));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { ok, output } = await runProgram(process.execPath, [compiler, "-p", project], { cwd: root });
  rmSync(folder, { recursive: true, force: true });
  if (ok) return [];
  // `path(line,column): error …` becomes the README's own line.
  return output.split("\n").map((text) => {
    const example = examples.find(({ file }) => text.includes(file));
    const [, line, rest] = /\((\d+),\d+\): (.*)/.exec(text) ?? [];
    return example === undefined || line === undefined
      ? text
      : `${example.readme}:${example.line + Number(line) - 1} ${rest}`;
  });
}

async function execute(root: string, example: Example): Promise<string[]> {
  const flags = ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning"];
  const args = [...flags, join(root, example.file)];
  const { ok, output } = await runProgram(process.execPath, args, { cwd: root, limitMs: EXAMPLE_LIMIT_MS });
  return ok ? [] : [`${example.readme}:${example.line}: the example failed:\n${output}`];
}

/** Makes sure that what a README shows compiles and runs to its end. */
export const readmeExamplesCheck: Check = {
  name: "examples",
  title: "the examples of every README compile and run",
  async run(workspace) {
    const examples = collect(workspace);
    const folders = new Set(examples.map(({ file }) => join(workspace.root, file, "..")));
    try {
      for (const folder of folders) mkdirSync(folder, { recursive: true });
      for (const { file, code } of examples) writeFileSync(join(workspace.root, file), code);
      const problems = await compile(workspace.root, examples);
      for (const example of examples) problems.push(...(await execute(workspace.root, example)));
      return { problems, notes: [`${examples.length} examples`] };
    } finally {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    }
  },
};

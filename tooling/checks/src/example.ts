import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "./run-program.ts";

/** How long an example may take before it is killed and counts as failed; a busy machine is slow. */
const EXAMPLE_LIMIT_MS = 180_000;

/** A program that readers are shown, and that must therefore compile and run. */
export interface Example {
  /** The file that is compiled and run, from the root. */
  readonly file: string;
  /** Where a reader finds it: the file itself, or a README and the line on which its code begins. */
  readonly place: string;
  /** What people call the line of the file with this number, from 1. */
  readonly placeOf: (line: number) => string;
  /** Whether it is a program of its own, which must print what it did and leave nothing; a block of a README may be shorter. */
  readonly isProgram: boolean;
}

/** How an example ran. */
export interface ExampleRun {
  readonly example: Example;
  readonly problems: readonly string[];
  readonly seconds: number;
}

/** Compiles examples with the settings of a strict project of one's own, and gives what the compiler says, in a reader's places. */
export async function compileExamples(root: string, examples: readonly Example[]): Promise<string[]> {
  if (examples.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), "antiphon-examples-"));
  const project = join(folder, "tsconfig.json");
  const settings = {
    extends: join(root, "tooling/tsconfig/base.json"),
    compilerOptions: { typeRoots: [join(root, "node_modules/@types")] },
    files: examples.map(({ file }) => join(root, file)),
  };
  await writeFile(project, JSON.stringify(settings));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { ok, output } = await runProgram(process.execPath, [compiler, "-p", project], { cwd: root });
  await rm(folder, { recursive: true, force: true });
  if (ok) return [];
  // `path(line,column): error …` becomes the place that people know.
  return output.split("\n").map((text) => {
    const example = examples.find(({ file }) => text.includes(file));
    const [, line, rest] = /\((\d+),\d+\): (.*)/.exec(text) ?? [];
    return example === undefined || line === undefined ? text : `${example.placeOf(Number(line))} ${rest}`;
  });
}

function runProblems({ place, isProgram }: Example, ok: boolean, output: string, left: readonly string[]): string[] {
  if (!ok) return [`${place}: the example failed:\n${output}`];
  if (isProgram && output === "") return [`${place}: the example prints nothing, so nobody learns what it did`];
  if (/^\(node:\d+\)/m.test(output)) return [`${place}: Node warns while the example runs:\n${output}`];
  if (isProgram && left.length > 0) return [`${place}: the example leaves temporary files: ${left.join(", ")}`];
  return [];
}

/** Runs an example to its end, with a folder of its own for temporary files. */
export async function runExample(root: string, example: Example): Promise<ExampleRun> {
  const startedMs = performance.now();
  const temporary = await mkdtemp(join(tmpdir(), "antiphon-example-run-"));
  const flags = ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning"];
  try {
    const { ok, output } = await runProgram(process.execPath, [...flags, join(root, example.file)], {
      cwd: root,
      limitMs: EXAMPLE_LIMIT_MS,
      env: { TMPDIR: temporary },
    });
    const problems = runProblems(example, ok, output, await readdir(temporary));
    return { example, problems, seconds: (performance.now() - startedMs) / 1000 };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Writes the code of examples that are no files of their own, runs `task`, and takes them away again. */
export async function withWrittenExamples<T>(
  root: string,
  written: readonly { readonly file: string; readonly code: string }[],
  task: () => Promise<T>,
): Promise<T> {
  const folders = new Set(written.map(({ file }) => join(root, file, "..")));
  try {
    for (const folder of folders) await mkdir(folder, { recursive: true });
    for (const { file, code } of written) await writeFile(join(root, file), code);
    return await task();
  } finally {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }
}

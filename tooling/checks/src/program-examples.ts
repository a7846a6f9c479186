import { existsSync, globSync } from "node:fs";
import { join, posix } from "node:path";
import type { Example } from "./example.ts";
import { moduleReferences } from "./module-syntax.ts";
import { isPublished, readText, type Workspace } from "./workspace.ts";

/** Programs that are compiled with the rest but run by something else, with what that is. */
const runElsewhere: Readonly<Record<string, string>> = {
  "packages/patterns/examples/decorators.ts":
    "Node cannot run decorators; packages/patterns/test/decorators.test.ts compiles it, runs it and reads what it prints",
};

/** The programs in `examples/` of the published packages. Those in folders below belong to one of them, as a worker or a plugin does. */
export function programExamples({ root, packages }: Workspace): Example[] {
  return packages.filter(isPublished).flatMap(({ folder }) =>
    globSync(`${folder}/examples/*.ts`, { cwd: root })
      .map((path) => path.replaceAll("\\", "/"))
      .sort()
      .map((file) => ({ file, place: file, placeOf: (line: number) => `${file}:${line}`, isProgram: true })),
  );
}

/** Whether the check itself runs a program. */
export function isRunHere({ file }: Example): boolean {
  return !(file in runElsewhere);
}

/** Imports by which a reader could not write the program: the sources, or a neighbour's folder. Names are the floors' business. */
function foreignImports(workspace: Workspace, { file }: Example): string[] {
  const folder = posix.dirname(file);
  return moduleReferences(file, readText(workspace, file))
    .filter(({ specifier }) => specifier.startsWith(".") && !posix.join(folder, specifier).startsWith(`${folder}/`))
    .map(
      ({ specifier, line }) => `${file}:${line} imports ${specifier}: an example imports what readers can, by its name`,
    );
}

function codeProblems(workspace: Workspace, example: Example): string[] {
  const text = readText(workspace, example.file);
  const problems = foreignImports(workspace, example);
  if (!/^(?:\/\/|\/\*)/.test(text))
    problems.push(`${example.place}: a comment at the top must say what it shows and how to run it`);
  if (/\bprocess\s*\.\s*exit\s*\(/.test(text))
    problems.push(`${example.place}: an example ends by closing what it opened, not by process.exit()`);
  return problems;
}

/** What is wrong with the examples before any runs: packages without one, texts that no reader could copy, a stale exception. */
export function exampleProblems(workspace: Workspace, programs: readonly Example[]): string[] {
  const missing = workspace.packages
    .filter(isPublished)
    .filter(({ folder }) => !programs.some(({ file }) => file.startsWith(`${folder}/examples/`)))
    .map(({ folder }) => `${folder}: it has no program in examples/ that shows what a newcomer does first`);
  const stale = Object.keys(runElsewhere)
    .filter((file) => existsSync(join(workspace.root, posix.dirname(file))) && !existsSync(join(workspace.root, file)))
    .map((file) => `tooling/checks/src/program-examples.ts: ${file} is gone; remove it from the list`);
  return [...missing, ...stale, ...programs.flatMap((program) => codeProblems(workspace, program))];
}

import type { Check } from "./check.ts";
import { compileExamples, runExample, withWrittenExamples, type Example, type ExampleRun } from "./example.ts";
import { exampleProblems, isRunHere, programExamples } from "./program-examples.ts";
import { readmeExamples } from "./readme-examples.ts";

/** So many run at once: most wait for sockets, and the smallest machines have two cores. */
const AT_ONCE = 2;

async function runAll(root: string, examples: readonly Example[]): Promise<ExampleRun[]> {
  const runs: ExampleRun[] = [];
  const waiting = examples.values();
  // The lines share one iterator: each takes the next that nobody has.
  const line = async () => {
    for (const example of waiting) runs.push(await runExample(root, example));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
  return runs.toSorted((left, right) => examples.indexOf(left.example) - examples.indexOf(right.example));
}

function notesOf(runs: readonly ExampleRun[]): string[] {
  const seconds = (of: readonly ExampleRun[]) => of.reduce((sum, run) => sum + run.seconds, 0).toFixed(1);
  const programs = runs.filter(({ example }) => example.isProgram);
  const blocks = runs.filter(({ example }) => !example.isProgram);
  return [
    `${blocks.length} blocks of READMEs took ${seconds(blocks)} s, ${programs.length} programs ${seconds(programs)} s`,
    ...programs.map((run) => `${run.seconds.toFixed(1).padStart(5)} s  ${run.example.place}`),
  ];
}

/** Makes sure that what a README shows, and every program in `examples/`, compiles and runs to its end. */
export const examplesCheck: Check = {
  name: "examples",
  title: "the examples of every package and README compile and run",
  run(workspace) {
    const blocks = readmeExamples(workspace);
    const programs = programExamples(workspace);
    const examples = [...blocks, ...programs];
    return withWrittenExamples(workspace.root, blocks, async () => {
      const problems = exampleProblems(workspace, programs);
      problems.push(...(await compileExamples(workspace.root, examples)));
      const runs = await runAll(workspace.root, examples.filter(isRunHere));
      return { problems: [...problems, ...runs.flatMap((run) => run.problems)], notes: notesOf(runs) };
    });
  },
};

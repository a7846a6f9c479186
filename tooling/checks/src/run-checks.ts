import { styleText } from "node:util";
import type { Check, CheckResult } from "./check.ts";
import type { Workspace } from "./workspace.ts";

interface Outcome extends CheckResult {
  readonly check: Check;
  readonly seconds: number;
}

async function runOne(check: Check, workspace: Workspace): Promise<Outcome> {
  const startedMs = performance.now();
  let result: CheckResult;
  try {
    result = await check.run(workspace);
  } catch (error) {
    result = { problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  }
  return { ...result, check, seconds: (performance.now() - startedMs) / 1000 };
}

function printOutcome({ check, problems, notes = [], seconds }: Outcome): void {
  const mark = problems.length === 0 ? styleText("green", "✓") : styleText("red", "✗");
  console.log(`${mark} ${check.name}: ${check.title} (${seconds.toFixed(1)} s)`);
  for (const note of notes) console.log(`    ${note}`);
  for (const problem of problems) console.log(`  - ${problem.replaceAll("\n", "\n    ")}`);
}

function printTable(outcomes: readonly Outcome[]): void {
  console.log("\ncheck        result    problems   time");
  for (const { check, problems, seconds } of outcomes) {
    const result =
      problems.length === 0 ? styleText("green", "holds ".padEnd(10)) : styleText("red", "FAILS ".padEnd(10));
    console.log(
      `${check.name.padEnd(13)}${result}${String(problems.length).padStart(8)}${`${seconds.toFixed(1)} s`.padStart(9)}`,
    );
  }
}

/** Runs checks one after another, prints what each found and a table at the end, and tells whether all of them hold. */
export async function runChecks(checks: readonly Check[], workspace: Workspace): Promise<boolean> {
  const outcomes: Outcome[] = [];
  for (const check of checks) {
    const outcome = await runOne(check, workspace);
    printOutcome(outcome);
    outcomes.push(outcome);
  }
  printTable(outcomes);
  return outcomes.every(({ problems }) => problems.length === 0);
}

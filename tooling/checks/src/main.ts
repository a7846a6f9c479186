import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { changesetsCheck } from "./changesets.ts";
import type { Check } from "./check.ts";
import { examplesCheck } from "./examples.ts";
import { fileSizesCheck } from "./file-sizes.ts";
import { floorsCheck } from "./floors.ts";
import { packageShapeCheck } from "./package-shape.ts";
import { qualityCheck } from "./quality.ts";
import { coverageCheck } from "./reference-coverage.ts";
import { runChecks } from "./run-checks.ts";
import { tarballsCheck } from "./tarballs.ts";
import { toolChecks } from "./tool-checks.ts";
import { readWorkspace } from "./workspace.ts";

const checks: readonly Check[] = [
  floorsCheck,
  packageShapeCheck,
  fileSizesCheck,
  changesetsCheck,
  coverageCheck,
  ...toolChecks,
  qualityCheck,
  examplesCheck,
  tarballsCheck,
];

const usage = `Usage: npm run check -- [CHECK...]

Runs the static checks, all of them or those that are named:
${checks.map(({ name, title }) => `  ${name.padEnd(12)}${title}`).join("\n")}`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const unknown = positionals.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0) {
    console.error(`There is no check "${unknown.join('", "')}".\n\n${usage}`);
    return 2;
  }
  const chosen = positionals.length === 0 ? checks : checks.filter(({ name }) => positionals.includes(name));
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  return (await runChecks(chosen, readWorkspace(root))) ? 0 : 1;
}

process.exitCode = await main();

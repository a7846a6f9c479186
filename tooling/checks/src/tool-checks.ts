import { globSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "./check.ts";
import { runProgram } from "./run-program.ts";

/** A check that is a tool of its own: what it prints when it fails is the problem. */
function toolCheck(name: string, title: string, file: string, args: readonly string[]): Check {
  return {
    name,
    title,
    async run({ root }) {
      const { ok, output } = await runProgram(process.execPath, [join(root, file), ...args], { cwd: root });
      return { problems: ok ? [] : [output] };
    },
  };
}

/** The compiler over the whole repository, and over each folder inside a package that has settings of its own, such as a web page. */
const typesCheck: Check = {
  name: "types",
  title: "the compiler has no complaint",
  async run({ root }) {
    const inner = globSync("{packages,apps}/*/*/tsconfig.json", { cwd: root });
    const problems: string[] = [];
    for (const project of [".", ...inner]) {
      const compiler = join(root, "node_modules/typescript/bin/tsc");
      const { ok, output } = await runProgram(process.execPath, [compiler, "--noEmit", "-p", project], { cwd: root });
      if (!ok) problems.push(output);
    }
    return { problems, notes: [`${inner.length + 1} projects`] };
  },
};

/** The compiler, the linter, the formatter, and the search for what nothing uses. */
export const toolChecks: readonly Check[] = [
  typesCheck,
  toolCheck("lint", "the linter has no complaint", "node_modules/oxlint/bin/oxlint", []),
  toolCheck("format", "every file is formatted (npm run format)", "node_modules/oxfmt/bin/oxfmt", ["--check", "."]),
  toolCheck("knip", "no file, export or dependency is unused", "node_modules/knip/bin/knip.js", [
    "--no-progress",
    "--no-config-hints",
  ]),
];

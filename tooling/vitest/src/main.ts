import { fileURLToPath } from "node:url";
import { readTestArguments, testUsage } from "./test-arguments.ts";
import { KINDS_VARIABLE } from "./test-kinds.ts";

const wanted = readTestArguments(process.argv.slice(2));
if (wanted.wantsHelp) console.log(testUsage);
else {
  if (wanted.kinds.length > 0) process.env[KINDS_VARIABLE] = wanted.kinds.join(",");
  // Vitest reads its arguments from the process, and is its own program: this stands in for `vitest run …`.
  const program = new URL("../../../node_modules/vitest/vitest.mjs", import.meta.url);
  process.argv.splice(1, Number.POSITIVE_INFINITY, fileURLToPath(program), ...wanted.vitest);
  await import(program.href);
}

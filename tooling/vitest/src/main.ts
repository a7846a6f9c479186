import { runTests } from "./run-tests.ts";
import { readTestArguments, testUsage } from "./test-arguments.ts";
import { KINDS_VARIABLE } from "./test-kinds.ts";

const wanted = readTestArguments(process.argv.slice(2));
if (wanted.wantsHelp) console.log(testUsage);
else {
  if (wanted.kinds.length > 0) process.env[KINDS_VARIABLE] = wanted.kinds.join(",");
  process.exitCode = await runTests(wanted.vitest);
}

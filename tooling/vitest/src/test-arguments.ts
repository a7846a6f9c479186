import { testKinds, type TestKind } from "./test-kinds.ts";

/** What `npm test` was asked for. */
export interface TestArguments {
  readonly wantsHelp: boolean;
  /** Empty for all of them. */
  readonly kinds: readonly TestKind[];
  /** What vitest gets, its command first. */
  readonly vitest: readonly string[];
}

/** What `npm test -- --help` prints. */
export const testUsage = `Usage: npm test -- [list] [--unit] [--integration] [--e2e] [--coverage] [FILE...] [-t NAME] [vitest's own options]

  (nothing)       every test
  --unit          the tests beside the code (src/)
  --integration   the tests of packages against simulators and real servers (test/)
  --e2e           the tests of whole apps (apps/*/test/)
  --coverage      measure which lines run, and write coverage/index.html
  --project NAME  the tests of one folder: voice, bot, checks
  FILE            files whose path has this in it: packages/std/src/clock.test.ts
  -t NAME         tests whose name matches
  list            name the tests and run none

Kinds can be put together. A file whose process dies of a fault of the engine runs once more. The last line of a run is always "N passed, N failed, N skipped".`;

/** Takes our own options out of the arguments of `npm test`; everything else is vitest's. */
export function readTestArguments(argv: readonly string[]): TestArguments {
  const isKind = (argument: string) => testKinds.some((kind) => argument === `--${kind}`);
  const others = argv.filter((argument) => !isKind(argument));
  const command = others[0] === "list" ? others : ["run", ...others];
  return {
    wantsHelp: argv.includes("--help") || argv.includes("-h"),
    kinds: testKinds.filter((kind) => argv.includes(`--${kind}`)),
    vitest: command,
  };
}

import { describeError, isAntiphonError } from "@antiphon/std";
import { readArguments, usage, type RecommendArguments } from "./arguments.ts";
import { runEvaluate } from "./evaluate-command.ts";
import { runImport } from "./import-command.ts";
import type { RecommendIo } from "./recommend-io.ts";

/**
 * Runs the command `antiphon-recommend` with the arguments after its name and gives its exit code: 0 when all is done, 1 when rows
 * were no listens or nothing could be measured, 2 when the arguments, file or database cannot be used, 130 when the signal ended it.
 */
export async function runRecommend(argv: readonly string[], io: RecommendIo): Promise<number> {
  let wanted: RecommendArguments;
  try {
    wanted = readArguments(argv);
  } catch (error) {
    io.stderr.write(`${describeError(error)}\nTry antiphon-recommend --help.\n`);
    return 2;
  }
  try {
    if (wanted.command === "evaluate") return await runEvaluate(wanted, io);
    if (wanted.command === "import") return await runImport(wanted, io);
    io.stdout.write(usage);
    return 0;
  } catch (error) {
    if (io.signal?.aborted === true) {
      io.stderr.write("Interrupted.\n");
      return 130;
    }
    if (!isAntiphonError(error)) throw error;
    io.stderr.write(`${describeError(error)}\n`);
    return 2;
  }
}

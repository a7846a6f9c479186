import { styleText } from "node:util";

/** One thing that the tour has looked at. */
export interface CheckResult {
  readonly name: string;
  readonly figure: string;
  readonly passed: boolean;
}

/** Runs checks one after another; a failed one does not stop those after it. */
export interface CheckList {
  /** Runs one check: what it gives is its figure, what it throws its failure. */
  check(name: string, run: () => Promise<string> | string): Promise<void>;
  readonly results: readonly CheckResult[];
}

/** Builds a {@link CheckList} that prints each result as it comes; once the signal aborts, no check runs or counts any more. */
export function createCheckList(print: (line: string) => void, colour: boolean, signal?: AbortSignal): CheckList {
  const results: CheckResult[] = [];
  const paint = (format: "green" | "red" | "dim", text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  return {
    results,
    async check(name, run) {
      signal?.throwIfAborted();
      let result: CheckResult;
      try {
        result = { name, figure: await run(), passed: true };
      } catch (error) {
        result = { name, figure: error instanceof Error ? error.message : String(error), passed: false };
      }
      signal?.throwIfAborted();
      results.push(result);
      const mark = result.passed ? paint("green", "✔") : paint("red", "✘");
      print(`  ${mark} ${name.padEnd(52)} ${paint(result.passed ? "dim" : "red", result.figure)}`);
    },
  };
}

/** Throws with the text when a condition does not hold. */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

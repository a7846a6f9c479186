import type { Check } from "./check.ts";
import { largeFiles } from "./large-files.ts";
import { readText, sourceFiles } from "./workspace.ts";

const LIMIT_LINES = 500;

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Makes sure that no file grows past what a reader can hold, unless a reason is written down. */
export const fileSizesCheck: Check = {
  name: "sizes",
  title: `no file has more than ${LIMIT_LINES} lines without a written reason`,
  run(workspace) {
    const files = workspace.packages
      .flatMap((subject) => sourceFiles(workspace, subject))
      .map((file) => ({ file, lines: readText(workspace, file).split("\n").length - 1 }));
    const tooLarge = files
      .filter(({ file, lines }) => lines > LIMIT_LINES && !(file in largeFiles))
      .map(
        ({ file, lines }) =>
          `${file}: ${lines} lines; split it, or give the reason in tooling/checks/src/large-files.ts`,
      );
    const stale = Object.keys(largeFiles)
      .filter((name) => !files.some(({ file, lines }) => file === name && lines > LIMIT_LINES))
      .map((name) => `tooling/checks/src/large-files.ts: ${name} is no longer large; remove it from the list`);
    const sorted = files.map(({ lines }) => lines).toSorted((left, right) => left - right);
    const note = `${files.length} files; median ${percentile(sorted, 0.5)} lines, p90 ${percentile(sorted, 0.9)}, largest ${sorted.at(-1) ?? 0}`;
    return { problems: [...tooLarge, ...stale], notes: [note] };
  },
};

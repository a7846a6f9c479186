import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type Bar, type Bench, type BenchContext } from "@antiphon/bench";
import type { ImportFigures } from "./import-run.ts";

const runner = fileURLToPath(new URL("./import-run.ts", import.meta.url));
let last: Promise<ImportFigures> | undefined;

function run({ isQuick }: BenchContext): Promise<ImportFigures> {
  last ??= measureProcess(runner, [String(isQuick ? 200_000 : 1_000_000)]).then(
    ({ output }) => JSON.parse(output) as ImportFigures,
  );
  return last;
}

function figure(key: keyof ImportFigures, unit: string, bar: Bar): Bench {
  return defineBench({
    name: "import of scrobbles, CSV to committed rows",
    unit,
    subject: { name: "importHistory", measure: async (context) => (await run(context))[key] },
    bar,
    note: "A million rows (200,000 when quick) of 100,000 tracks from a CSV file into an SQLite file.",
  });
}

export const speed = figure("rowsPerCpuSecond", "rows a CPU s", { atLeast: 250_000 });
export const memory = figure("peakMegabytes", "MiB at the most", { atMost: 300 });

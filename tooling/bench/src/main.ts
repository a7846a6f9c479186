import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadBenches, packagesWithBenches } from "./discover.ts";
import { printTable } from "./print-table.ts";
import { runBench, type BenchRow, type Effort } from "./run-bench.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A quick run of a whole package ends within a minute; this leaves room for starting and for the last round. */
const QUICK_TOTAL_MS = 40_000;

const usage = `Usage: npm run bench -- PACKAGE [--quick] [--json FILE]

  --quick      ends within a minute; the figures are rougher
  --json FILE  also writes the rows into FILE: an array of
               { package, name, unit, value, rival, rivalValue, bar, holds, note }

Packages with benchmarks: `;

function effortFor(isQuick: boolean, benches: number): Effort {
  if (isQuick) return { isQuick, rounds: 7, roundMs: 50, limitMs: QUICK_TOTAL_MS / benches };
  return { isQuick, rounds: 25, roundMs: 200, limitMs: 120_000 };
}

async function measureAll(packageName: string, isQuick: boolean): Promise<BenchRow[]> {
  const benches = await loadBenches(root, packageName);
  const effort = effortFor(isQuick, benches.length);
  const rows: BenchRow[] = [];
  for (const [index, bench] of benches.entries()) {
    const title = `${index + 1}/${benches.length} ${bench.name}`;
    const show = (text: string) => void (process.stderr.isTTY ? process.stderr.write(`\r\u001B[2K${text}`) : undefined);
    if (!process.stderr.isTTY) console.error(`${title} …`);
    rows.push(
      await runBench(packageName, bench, effort, {
        root,
        onRound: (round) => show(`${title}: round ${round}/${effort.rounds}`),
      }),
    );
    show("");
  }
  return rows;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: "boolean" }, json: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  const known = packagesWithBenches(root);
  const [packageName] = positionals;
  if (values.help === true || packageName === undefined) {
    console.log(usage + known.join(", "));
    return values.help === true ? 0 : 2;
  }
  if (!known.includes(packageName)) {
    console.error(`"${packageName}" has no benchmarks. These packages have: ${known.join(", ")}.`);
    return 2;
  }
  const rows = await measureAll(packageName, values.quick === true);
  printTable(rows);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  return rows.some(({ note }) => note.startsWith("failed:")) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

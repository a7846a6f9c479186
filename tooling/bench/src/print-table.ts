import { styleText } from "node:util";
import type { BenchRow } from "./run-bench.ts";

/** A figure with four significant digits, without an exponent. */
export function formatFigure(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", { maximumFractionDigits: Math.min(digits, 12) });
}

function verdict({ holds, bar }: BenchRow): string {
  if (bar === null) return "";
  if (holds === null) return styleText("yellow", `? ${bar}`);
  return holds ? styleText("green", `✓ ${bar}`) : styleText("red", `✗ ${bar}`);
}

/** Prints the rows as blocks of aligned columns, one block for each benchmark. */
export function printTable(rows: readonly BenchRow[]): void {
  const nameWidth = Math.max(...rows.flatMap(({ rival }) => [8, (rival ?? "").length])) + 2;
  for (const row of rows) {
    console.log(`\n${styleText("bold", row.name)}  ${styleText("dim", row.unit)}`);
    const figure = (value: number | null) => (value === null ? "—" : formatFigure(value)).padStart(14);
    console.log(`  ${"Antiphon".padEnd(nameWidth)}${figure(row.value)}   ${verdict(row)}`);
    if (row.rival !== null) {
      const ratio =
        row.value === null || row.rivalValue === null
          ? ""
          : `   ours is ${(row.value / row.rivalValue).toFixed(2)} × this`;
      console.log(`  ${row.rival.padEnd(nameWidth)}${figure(row.rivalValue)}${ratio}`);
    }
    console.log(`  ${styleText("dim", row.note)}`);
  }
}

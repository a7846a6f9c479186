import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { describeError } from "@antiphon/std";
import { RecommenderError } from "../error.ts";
import { importHistory, type ImportProgress, type ImportReport } from "../importers/import-history.ts";
import { readPieces } from "../importers/read-pieces.ts";
import type { HistoryStore } from "../store/history-store.ts";
import { openPostgresHistoryStore } from "../store/postgres-history-store.ts";
import { openSqliteHistoryStore } from "../store/sqlite-history-store.ts";
import type { ImportArguments } from "./arguments.ts";
import { createProgressLine } from "./progress-line.ts";
import type { RecommendIo } from "./recommend-io.ts";

const SHOWN_ROWS = 10;
const count = (value: number) => value.toLocaleString("en-US");

/** Runs `import` and gives its exit code. */
export async function runImport(wanted: ImportArguments, io: RecommendIo): Promise<number> {
  const path = resolve(io.cwd, wanted.file);
  // Before the database is made: a misspelt file leaves nothing behind.
  const sizeBytes = await sizeOf(path);
  await using store = await openStore(wanted.database, io);
  const line = createProgressLine(io, wanted.quiet);
  let readBytes = 0;
  const source = async function* () {
    for await (const piece of readPieces(path)) {
      readBytes += piece.byteLength;
      yield piece;
    }
  };
  let last: ImportProgress | undefined;
  const onProgress = (progress: ImportProgress) => {
    last = progress;
    line.show(readBytes / sizeBytes, `${count(progress.rows)} rows, ${count(progress.rowsPerSecond)} rows/s`);
  };
  const { user: userId, format, skipRows } = wanted;
  let report: ImportReport;
  try {
    report = await importHistory(source(), { store, userId, format, skipRows, onProgress, signal: io.signal });
  } catch (error) {
    line.clear();
    if (last !== undefined)
      io.stderr.write(`${count(last.rows)} rows are kept; go on behind them with --skip-rows ${last.rows}.\n`);
    throw error;
  }
  line.clear();
  io.stdout.write(wanted.json ? `${JSON.stringify(report, null, 2)}\n` : describeReport(report));
  return report.invalid === 0 ? 0 : 1;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return Math.max(1, (await stat(path)).size);
  } catch (error) {
    const message = `Cannot read the import: ${describeError(error)}.`;
    throw new RecommenderError("RECOMMENDER_IMPORT_UNREADABLE", message, { cause: error });
  }
}

async function openStore(database: string, io: RecommendIo): Promise<HistoryStore> {
  if (/^postgres(?:ql)?:\/\//.test(database)) return openPostgresHistoryStore({ url: database });
  return openSqliteHistoryStore({ path: resolve(io.cwd, database) });
}

function describeReport(report: ImportReport): string {
  const { format, rows, inserted, duplicate, ignored, invalid, rowsPerSecond, problems, invalidRows } = report;
  const why = Object.entries(problems).map(([problem, times]) => `${count(times)} ${problem}`);
  const shown = invalidRows.slice(0, SHOWN_ROWS).map(({ line, problem }) => `  line ${line}: ${problem}\n`);
  const rest = invalid > shown.length ? `  and ${count(invalid - shown.length)} more\n` : "";
  return [
    `${count(rows)} rows of ${format}, ${count(rowsPerSecond)} rows/s\n`,
    `${count(inserted)} listens added, ${count(duplicate)} known already, ${count(ignored)} ignored, ${count(invalid)} invalid`,
    `${why.length > 0 ? ` (${why.join(", ")})` : ""}\n`,
    ...shown,
    rest,
  ].join("");
}

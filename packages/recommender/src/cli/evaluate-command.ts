import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeError } from "@antiphon/std";
import { RecommenderError } from "../error.ts";
import { importHistory } from "../importers/import-history.ts";
import { readPieces } from "../importers/read-pieces.ts";
import type { Evaluation } from "../model/evaluate.ts";
import { evaluateHistories, type HistoriesEvaluation } from "../model/evaluate-histories.ts";
import type { ListenerHistory } from "../model/interactions.ts";
import { defaultModelParameters, type ModelParameters } from "../model/model-parameters.ts";
import { openSqliteHistoryStore } from "../store/sqlite-history-store.ts";
import type { EvaluateArguments } from "./arguments.ts";
import { createProgressLine, usesColor } from "./progress-line.ts";
import type { RecommendIo } from "./recommend-io.ts";

const band = { first: 0, end: 64, targetDegreeExponent: 0.4, weight: 0.22 };
const factors = { dimensions: 32, regularization: 0.01, unobservedWeight: 0.1, epochs: 8, weight: 0.5 };
const parametersOf: Readonly<Record<EvaluateArguments["model"], ModelParameters>> = {
  neighbours: defaultModelParameters,
  band: { ...defaultModelParameters, band },
  factors: { ...defaultModelParameters, band, factors },
};

/** Runs `evaluate` and gives its exit code. */
export async function runEvaluate(wanted: EvaluateArguments, io: RecommendIo): Promise<number> {
  const line = createProgressLine(io, wanted.quiet);
  let evaluation: HistoriesEvaluation;
  try {
    const histories = await readHistories(wanted.files, io, (text) => line.show(0, text));
    evaluation = await evaluateHistories(histories, {
      parameters: parametersOf[wanted.model],
      cutoff: wanted.cutoff,
      testRatio: wanted.testRatio,
      countRepeats: wanted.repeats,
      signal: io.signal,
      onProgress: ({ doneRatio, step }) => line.show(doneRatio, `building the model: ${step}`),
    });
  } finally {
    line.clear();
  }
  if (wanted.json) io.stdout.write(`${JSON.stringify(evaluation, null, 2)}\n`);
  else io.stdout.write(describeEvaluation(evaluation, wanted, usesColor(io.stdout, io.env)));
  if (evaluation.model.users > 0) return 0;
  io.stderr.write("No listener has enough listens to be foretold any.\n");
  return 1;
}

/** All listeners of SQLite histories, and one for each export. */
async function readHistories(
  files: readonly string[],
  io: RecommendIo,
  onProgress: (text: string) => void,
): Promise<ListenerHistory[]> {
  const histories: ListenerHistory[] = [];
  for (const file of files) {
    const path = resolve(io.cwd, file);
    const isDatabase = await isSqlite(path);
    if (isDatabase) refuseForeign(path);
    await using store = openSqliteHistoryStore({ path: isDatabase ? path : ":memory:" });
    if (!isDatabase) {
      await importHistory(readPieces(path), {
        store,
        userId: file,
        signal: io.signal,
        onProgress: ({ rows }) => onProgress(`reading ${file}: ${rows.toLocaleString("en-US")} rows`),
      });
    }
    for await (const history of store.histories()) histories.push(history);
  }
  return histories;
}

async function isSqlite(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16);
    return buffer.toString("latin1", 0, bytesRead) === "SQLite format 3\0";
  } catch (error) {
    const message = `Cannot read ${path}: ${describeError(error)}.`;
    throw new RecommenderError("RECOMMENDER_IMPORT_UNREADABLE", message, { cause: error });
  }
}

/** Opening a history makes its tables, which must not happen to somebody else's database. */
function refuseForeign(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const found = database
      .prepare("SELECT count(*) AS tables FROM sqlite_schema WHERE name IN ('track', 'scrobble')")
      .get();
    if (found?.["tables"] === 2) return;
  } finally {
    database.close();
  }
  const message = `${path} is an SQLite database, but no listening history. Give the file that the bot writes, or an export.`;
  throw new RecommenderError("RECOMMENDER_IMPORT_FORMAT_UNKNOWN", message, { details: { path } });
}

const percent = (ratio: number) => `${(ratio * 100).toFixed(1)} %`;
const decimals = (value: number) => value.toFixed(4);
const rows: readonly (readonly [string, (figures: Evaluation) => string])[] = [
  ["hit ratio", ({ hitRatio }) => decimals(hitRatio)],
  ["recall", ({ recall }) => decimals(recall)],
  ["NDCG", ({ ndcg }) => decimals(ndcg)],
  ["MRR", ({ mrr }) => decimals(mrr)],
  ["coverage", ({ coverage }) => percent(coverage)],
  ["novelty, bits", ({ noveltyBits }) => noveltyBits.toFixed(2)],
  ["diversity", ({ diversity }) => (diversity === null ? "unknown" : decimals(diversity))],
  ["repetition", ({ repetition }) => percent(repetition)],
  ["popularity bias", ({ popularityBias }) => decimals(popularityBias)],
  ["latency, p50", ({ latencyP50Ms }) => `${latencyP50Ms.toFixed(2)} ms`],
  ["latency, p99", ({ latencyP99Ms }) => `${latencyP99Ms.toFixed(2)} ms`],
];

function describeEvaluation(
  { model, mostPopular, recentlyPlayed }: HistoriesEvaluation,
  { model: name, testRatio }: EvaluateArguments,
  isColored: boolean,
): string {
  const [bold, plain] = isColored ? ["\u001B[1m", "\u001B[22m"] : ["", ""];
  const repeats = model.repeats === "counted" ? "counts as well" : "does not count";
  const line = (label: string, cells: readonly string[]) =>
    `${label.padEnd(16)}${cells.map((cell) => cell.padStart(17)).join("")}\n`;
  return [
    `${model.users} listeners; the last ${percent(testRatio)} of each history, foretold by what was before it; top ${model.cutoff}.\n`,
    `Repeats are ${model.repeats}: what a listener had heard before ${repeats}.\n\n`,
    `${bold}${line("", [name, "most popular", "recently played"])}${plain}`,
    ...rows.map(([label, cell]) => line(label, [model, mostPopular, recentlyPlayed].map(cell))),
  ].join("");
}

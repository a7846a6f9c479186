import { abortReason, systemClock, type Clock } from "@antiphon/std";
import type { ListenerLibrary, Scrobble } from "../store/listener-library.ts";
import { decodeText, type ByteSource } from "./decode-text.ts";
import type { ImportRow, RowProblem } from "./import-row.ts";
import { readHistory, type HistoryFormat } from "./read-history.ts";
import { readPieces } from "./read-pieces.ts";

/** Options of {@link importHistory}. */
export interface ImportHistoryOptions {
  readonly store: ListenerLibrary;
  /** Whose history it is. */
  readonly userId: string;
  /** The format it must have; any that is known by default. */
  readonly format?: HistoryFormat | undefined;
  /** Hears after each batch how far the import is. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Ends the import between two batches; what was committed stays. */
  readonly signal?: AbortSignal | undefined;
  /** Rows at the beginning that an earlier run has committed: its last `rows`. Defaults to 0. */
  readonly skipRows?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** How far an import is. All rows so far are committed, or are no listens. */
export interface ImportProgress {
  /** Rows read, the skipped ones among them. */
  readonly rows: number;
  readonly inserted: number;
  readonly duplicate: number;
  /** Rows that are no listens, as is to be expected: playing now, under 30 seconds, not music. */
  readonly ignored: number;
  readonly invalid: number;
  readonly rowsPerSecond: number;
}

/** What became of an import. */
export interface ImportReport extends ImportProgress {
  readonly format: HistoryFormat;
  /** How often each problem came. */
  readonly problems: Readonly<Partial<Record<RowProblem, number>>>;
  /** The first hundred invalid rows. */
  readonly invalidRows: readonly { readonly line: number; readonly problem: RowProblem }[];
}

const BATCH_ROWS = 5_000;
const REPORTED_ROWS = 100;
const EXPECTED: ReadonlySet<RowProblem> = new Set(["nowPlaying", "tooShort", "notMusic"]);

/**
 * Imports a listening history whose format it recognises. Every batch is committed whole, and a listen is kept once, so that an
 * import that was ended or killed can simply be run again.
 *
 * @throws RecommenderError RECOMMENDER_IMPORT_FORMAT_UNKNOWN, RECOMMENDER_IMPORT_UNREADABLE
 */
export async function importHistory(source: ByteSource, options: ImportHistoryOptions): Promise<ImportReport> {
  const { store, userId, onProgress, signal, skipRows = 0, clock = systemClock } = options;
  if (signal?.aborted === true) throw abortReason(signal);
  const startedMs = clock.monotonicMs();
  const text = decodeText(source);
  const counts = { rows: 0, inserted: 0, duplicate: 0, ignored: 0, invalid: 0 };
  const problems: Partial<Record<RowProblem, number>> = {};
  const invalidRows: { line: number; problem: RowProblem }[] = [];
  let batch: Scrobble[] = [];

  const progress = (): ImportProgress => {
    const seconds = Math.max(0.001, (clock.monotonicMs() - startedMs) / 1_000);
    return { ...counts, rowsPerSecond: Math.round(counts.rows / seconds) };
  };
  const commit = async () => {
    const { inserted, duplicate } = await store.recordScrobbles(userId, batch);
    counts.inserted += inserted;
    counts.duplicate += duplicate;
    batch = [];
    onProgress?.(progress());
    if (signal?.aborted === true) throw abortReason(signal);
  };

  const take = ({ line, listen, problem }: ImportRow) => {
    if (listen !== undefined) {
      batch.push(listen);
      return;
    }
    problems[problem] = (problems[problem] ?? 0) + 1;
    const isExpected = EXPECTED.has(problem);
    counts[isExpected ? "ignored" : "invalid"]++;
    if (!isExpected && invalidRows.length < REPORTED_ROWS) invalidRows.push({ line, problem });
  };

  try {
    const { format, rows } = await readHistory(text, clock.now(), options.format);
    for await (const page of rows) {
      for (const row of page) {
        if (++counts.rows > skipRows) take(row);
        if (counts.rows % BATCH_ROWS === 0) await commit();
      }
    }
    await commit();
    return { ...progress(), format, problems, invalidRows };
  } finally {
    // A history that is refused at its beginning is still being read: the source must not stay open.
    await text.return(undefined);
  }
}

/** The same for a file that must be a CSV, such as an export of Last.fm in any dialect. */
export function importCsv(path: string, options: Omit<ImportHistoryOptions, "format">): Promise<ImportReport> {
  return importHistory(readPieces(path), { ...options, format: "csv" });
}

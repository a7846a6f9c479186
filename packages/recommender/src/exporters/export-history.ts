import type { HistoryStore } from "../store/history-store.ts";
import type { Listen } from "../store/listening-log.ts";

/** The formats in which listens go out. */
export type HistoryExportFormat = "csv" | "listenBrainz";

/** Options of {@link exportHistory}. */
export interface ExportHistoryOptions {
  readonly format: HistoryExportFormat;
  /**
   * Whether a cell of the CSV that a spreadsheet would run as a formula gets an apostrophe before it. Defaults to true; switch it off
   * for a file that only programs read, where the apostrophe would be part of the title.
   */
  readonly neutraliseFormulas?: boolean | undefined;
}

const LISTENS_A_PIECE = 500;
/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/**
 * A listener's listens as a file, in pieces: the CSV of Last.fm's exporters, or one JSON listen a line as ListenBrainz takes and gives
 * them. `importHistory` reads both.
 */
export async function* exportHistory(
  store: HistoryStore,
  userId: string,
  options: ExportHistoryOptions,
): AsyncGenerator<string> {
  const { format, neutraliseFormulas = true } = options;
  const cell = (text: string) => toCell(neutraliseFormulas && FORMULA.test(text) ? `'${text}` : text);
  const row = format === "csv" ? (listen: Listen) => toCsvRow(listen, cell) : toListenBrainzLine;
  let piece = format === "csv" ? "uts,utc_time,artist,album,track\r\n" : "";
  let count = 0;
  for await (const listen of store.listens(userId)) {
    piece += row(listen);
    if (++count % LISTENS_A_PIECE > 0) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

function toCsvRow({ track, album, startedAtMs }: Listen, cell: (text: string) => string): string {
  const seconds = Math.floor(startedAtMs / 1_000);
  const time = new Date(startedAtMs).toISOString().slice(0, 19).replace("T", " ");
  return `${seconds},${time},${[track.artist, album ?? "", track.title].map(cell).join(",")}\r\n`;
}

function toCell(text: string): string {
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

function toListenBrainzLine({ track, album, startedAtMs }: Listen): string {
  const { artist, title, durationMs, identifier } = track;
  const info = {
    ...(durationMs === null ? {} : { duration_ms: durationMs }),
    ...(/^https?:/.test(identifier) ? { origin_url: identifier } : {}),
  };
  const metadata = {
    artist_name: artist,
    track_name: title,
    ...(album === null ? {} : { release_name: album }),
    additional_info: info,
  };
  return `${JSON.stringify({ listened_at: Math.floor(startedAtMs / 1_000), track_metadata: metadata })}\n`;
}

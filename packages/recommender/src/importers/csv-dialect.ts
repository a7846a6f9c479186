import { parseDate } from "./parse-date.ts";
import { toImportRow, type ImportRow } from "./import-row.ts";

/** Which column of a CSV file holds what. */
export interface CsvDialect {
  readonly artist: number;
  readonly title: number;
  readonly album: number | undefined;
  readonly date: number;
  readonly hasHeader: boolean;
}

/** The names that Last.fm's exporters give their columns, in small letters without spaces and underscores. */
const names = {
  artist: ["artist", "artistname", "artists", "creator"],
  title: ["track", "trackname", "title", "name", "song", "songtitle"],
  album: ["album", "albumname", "albumtitle", "release", "releasename"],
  date: [
    "uts",
    "timestamp",
    "date",
    "utctime",
    "datetime",
    "time",
    "playedat",
    "listenedat",
    "scrobbletime",
    "date#uts",
  ],
} as const;

/** The dialect of a file, told by its first record: by its header, or by where the date stands. Undefined when it is no history. */
export function detectDialect(first: readonly string[]): CsvDialect | undefined {
  const header = first.map((field) => field.trim().toLowerCase().replaceAll(/[\s_]/g, ""));
  const find = (known: readonly string[]) => {
    const name = known.find((each) => header.includes(each));
    return name === undefined ? undefined : header.indexOf(name);
  };
  const [artist, title, date] = [find(names.artist), find(names.title), find(names.date)];
  if (artist !== undefined && title !== undefined && date !== undefined)
    return { artist, title, album: find(names.album), date, hasHeader: true };
  return headerless(first);
}

/** Without a header exporters write artist, album, title, date; some put the date first, some leave the album out. */
function headerless(first: readonly string[]): CsvDialect | undefined {
  const place = first.findIndex((field) => isDate(field.trim()));
  const isLast = place === first.length - 1;
  // "Now playing" has no date; the row after it would tell, but a file of one such row is as good as none.
  const date = place === -1 && first.length === 4 && first[3]?.trim() === "" ? 3 : place;
  const offset = date === 0 ? 1 : 0;
  if (date === -1 || (date !== 0 && !isLast && date !== 3)) return undefined;
  if (first.length === 4) return { artist: offset, album: offset + 1, title: offset + 2, date, hasHeader: false };
  if (first.length === 3) return { artist: offset, album: undefined, title: offset + 1, date, hasHeader: false };
  return undefined;
}

function isDate(text: string): boolean {
  return /^(?:\d{9,10}|\d{13})$/.test(text) || (!/^\d+$/.test(text) && !Number.isNaN(parseDate(text)));
}

/** The delimiter of a file, told by its first line: the commonest of comma, semicolon and tab. */
export function detectDelimiter(text: string): string {
  const line = text.slice(0, 4_096).split("\n", 1)[0] ?? "";
  const counts = [",", ";", "\t"].map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counts.sort((left, right) => right.count - left.count)[0]?.delimiter ?? ",";
}

/** A record as a row. A row without a date is what was playing while the export was made. */
export function fromCsvRecord(
  line: number,
  fields: readonly string[] | null,
  dialect: CsvDialect,
  nowMs: number,
): ImportRow {
  if (fields === null) return { line, problem: "tooLong" };
  const date = fields[dialect.date]?.trim();
  if (date === undefined) return { line, problem: "noDate" };
  if (date === "") return { line, problem: "nowPlaying" };
  const raw = {
    artist: fields[dialect.artist] ?? "",
    title: fields[dialect.title] ?? "",
    album: dialect.album === undefined ? undefined : fields[dialect.album]?.trim(),
    startedAtMs: parseDate(date),
  };
  return toImportRow(line, raw, nowMs);
}

import type { Scrobble } from "../store/listener-library.ts";

/** Why a row is no listen: `nowPlaying`, `tooShort` and `notMusic` are to be expected, the others are faults of the file. */
export type RowProblem =
  | "nowPlaying"
  | "tooShort"
  | "notMusic"
  | "noArtist"
  | "noTitle"
  | "noDate"
  | "badDate"
  | "dateOutOfRange"
  | "tooLong"
  | "notText"
  | "notJson"
  | "notAListen";

/** One row of a file: a listen, or what it is instead. */
export type ImportRow = { readonly line: number } & (
  | { readonly listen: Scrobble; readonly problem?: undefined }
  | { readonly listen?: undefined; readonly problem: RowProblem }
);

/** The texts of a row, before anybody knows whether it is a listen. */
export interface RawListen {
  readonly artist: string;
  readonly title: string;
  readonly album?: string | undefined;
  /** In milliseconds since the Unix epoch; undefined when there was none to read. */
  readonly startedAtMs: number | undefined;
  readonly durationMs?: number | undefined;
  /** Defaults to "artist title", to search by. */
  readonly identifier?: string | undefined;
}

const MAXIMUM_TEXT_LENGTH = 1_000;
/** Before this nobody scrobbled: an older date is a player whose clock had lost its battery. */
const EARLIEST_MS = Date.UTC(2002, 0, 1);
const DAY_MS = 86_400_000;

/** What a decoder writes for bytes that it cannot read, and the character that no text has. */
const NOT_TEXT = /[\uFFFD\0]/;

function isTooLong(text: string): boolean {
  return text.length > MAXIMUM_TEXT_LENGTH;
}

/** Checks a row's texts and date. */
export function toImportRow(line: number, raw: RawListen, nowMs: number): ImportRow {
  const artist = raw.artist.trim();
  const title = raw.title.trim();
  const { startedAtMs, album, durationMs } = raw;
  const identifier = raw.identifier ?? `${artist} ${title}`;
  if (artist === "") return { line, problem: "noArtist" };
  if (title === "") return { line, problem: "noTitle" };
  if (isTooLong(artist) || isTooLong(title) || isTooLong(identifier) || (album !== undefined && isTooLong(album)))
    return { line, problem: "tooLong" };
  if (NOT_TEXT.test(artist) || NOT_TEXT.test(title)) return { line, problem: "notText" };
  if (startedAtMs === undefined || Number.isNaN(startedAtMs)) return { line, problem: "badDate" };
  if (startedAtMs < EARLIEST_MS || startedAtMs > nowMs + DAY_MS) return { line, problem: "dateOutOfRange" };
  const isLength = durationMs !== undefined && Number.isSafeInteger(durationMs) && durationMs > 0;
  const track = { artist, title, durationMs: isLength ? durationMs : null, identifier };
  return { line, listen: { track, startedAtMs, ...(album === undefined || album === "" ? {} : { album }) } };
}

import { RecommenderError } from "../error.ts";
import { detectDelimiter, detectDialect, fromCsvRecord, type CsvDialect } from "./csv-dialect.ts";
import type { ImportRow } from "./import-row.ts";
import { fieldsOf, jsonFormats, type JsonFormat } from "./json-formats.ts";
import { readCsv, type CsvRecord } from "./read-csv.ts";
import { readJsonObjects } from "./read-json-objects.ts";

/** The formats of listening histories. */
export type HistoryFormat = "csv" | JsonFormat["name"];

/** Their names. */
export const historyFormats: readonly HistoryFormat[] = ["csv", ...jsonFormats.map(({ name }) => name)];

/** A history that was recognised, and its rows, as many at once as are at hand. */
export interface HistoryReading {
  readonly format: HistoryFormat;
  readonly rows: AsyncIterable<readonly ImportRow[]>;
}

/** Objects that are looked at before a JSON file is given up. */
const OBJECTS_TO_RECOGNISE = 100;
/** So many blanks at the beginning are looked through for something else. */
const MAXIMUM_BLANK_LENGTH = 64 * 1024;

/**
 * Recognises a history by its beginning and reads its rows.
 *
 * @throws RecommenderError RECOMMENDER_IMPORT_FORMAT_UNKNOWN when it is no history that is known
 */
export async function readHistory(
  text: AsyncGenerator<string>,
  nowMs: number,
  expected?: HistoryFormat,
): Promise<HistoryReading> {
  let head = "";
  let first = await text.next();
  while (first.done !== true && (head += first.value).trim().length < 2) {
    if (head.length > MAXIMUM_BLANK_LENGTH) throw unknownFormat("it begins with blanks that do not end");
    first = await text.next();
  }
  const whole = (async function* () {
    yield head;
    yield* text;
  })();
  const isJson = /^\uFEFF?\s*[[{]/.test(head);
  const reading = await (isJson ? readJsonHistory(whole, nowMs) : readCsvHistory(whole, head, nowMs));
  if (expected !== undefined && reading.format !== expected)
    throw unknownFormat(`it is ${reading.format}, where ${expected} was asked for`);
  return reading;
}

async function readCsvHistory(text: AsyncIterable<string>, head: string, nowMs: number): Promise<HistoryReading> {
  const pages = readCsv(text, detectDelimiter(head));
  const first = await pages.next();
  const records = first.done === true ? [] : first.value;
  const fields = records[0]?.fields ?? null;
  const dialect = fields === null ? undefined : detectDialect(fields);
  if (dialect === undefined) throw unknownFormat("its first line names no artist, title and date");
  const rows = (async function* () {
    yield csvRows(dialect.hasHeader ? records.slice(1) : records, dialect, nowMs);
    for await (const page of pages) yield csvRows(page, dialect, nowMs);
  })();
  return { format: "csv", rows };
}

function csvRows(records: readonly CsvRecord[], dialect: CsvDialect, nowMs: number): readonly ImportRow[] {
  return records.map(({ line, fields }) => fromCsvRecord(line, fields, dialect, nowMs));
}

async function readJsonHistory(text: AsyncIterable<string>, nowMs: number): Promise<HistoryReading> {
  const objects = readJsonObjects(text);
  const seen = [];
  let format: JsonFormat | undefined;
  while (format === undefined && seen.length < OBJECTS_TO_RECOGNISE) {
    const next = await objects.next();
    if (next.done === true) break;
    seen.push(next.value);
    const value = fieldsOf(next.value.value);
    format = jsonFormats.find((each) => each.matches(value));
  }
  if (format === undefined)
    throw unknownFormat("no object in it is a listen of ListenBrainz, Spotify or YouTube Music");
  const known = format;
  const rows = (async function* (): AsyncGenerator<readonly ImportRow[]> {
    const all = (async function* () {
      yield* seen;
      yield* objects;
    })();
    for await (const { line, value, problem } of all) {
      if (problem !== undefined) yield [{ line, problem }];
      else if (known.matches(fieldsOf(value))) yield known.rows(line, fieldsOf(value), nowMs);
      else yield [{ line, problem: "notAListen" }];
    }
  })();
  return { format: known.name, rows };
}

function unknownFormat(what: string): RecommenderError {
  return new RecommenderError(
    "RECOMMENDER_IMPORT_FORMAT_UNKNOWN",
    `Cannot import the file: ${what}. Give a CSV of Last.fm, or the JSON of ListenBrainz, Spotify or YouTube Music.`,
  );
}

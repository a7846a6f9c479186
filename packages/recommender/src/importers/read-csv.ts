/** One record of a CSV file; `fields` is null when it was too long to be kept. */
export interface CsvRecord {
  /** The line on which the record begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[] | null;
}

/** A longer record is given up; in an export none is a hundredth of it. */
const MAXIMUM_RECORD_LENGTH = 64 * 1024;
const QUOTE = 34;
const LINE_FEED = 10;

/** Reads records of RFC 4180, with any delimiter and line ends of both kinds, in memory for one record at a time. */
export async function* readCsv(text: AsyncIterable<string>, delimiter = ","): AsyncGenerator<CsvRecord> {
  let rest = "";
  let line = 1;
  let isSkipping = false;
  const take = function* (buffer: string, isEnd: boolean): Generator<CsvRecord, string> {
    let start = 0;
    while (start < buffer.length) {
      if (isSkipping) {
        const end = buffer.indexOf("\n", start);
        if (end === -1) return "";
        start = end + 1;
        line++;
        isSkipping = false;
        continue;
      }
      const end = recordEnd(buffer, start, isEnd);
      if ((end === -1 ? buffer.length : end) - start > MAXIMUM_RECORD_LENGTH) {
        // An open quote may have swallowed sound lines, so that reading goes on behind the next line end.
        yield { line, fields: null };
        isSkipping = true;
        continue;
      }
      if (end === -1) return buffer.slice(start);
      const record = buffer.slice(start, buffer.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end);
      if (record !== "") yield { line, fields: splitRecord(record, delimiter) };
      line += record.includes("\n") ? record.split("\n").length : 1;
      start = end + 1;
    }
    return "";
  };
  let isFirst = true;
  for await (const piece of text) {
    rest = yield* take(isFirst ? piece.replace(/^\uFEFF/, "") : rest + piece, false);
    isFirst = false;
  }
  yield* take(rest, true);
}

/** Where the line end behind a record stands; -1 when it has not come yet. */
function recordEnd(buffer: string, start: number, isEnd: boolean): number {
  const lineEnd = buffer.indexOf("\n", start);
  const quote = buffer.indexOf('"', start);
  const last = isEnd ? buffer.length : -1;
  if (quote === -1 || (lineEnd !== -1 && quote > lineEnd)) return lineEnd === -1 ? last : lineEnd;
  let isQuoted = false;
  const limit = Math.min(buffer.length, start + MAXIMUM_RECORD_LENGTH + 1);
  for (let at = start; at < limit; at++) {
    const code = buffer.charCodeAt(at);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (code === LINE_FEED && !isQuoted) return at;
  }
  return limit < buffer.length ? limit : last;
}

function splitRecord(record: string, delimiter: string): string[] {
  if (!record.includes('"')) return record.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  while (at <= record.length) {
    if (record.charCodeAt(at) !== QUOTE) {
      const end = record.indexOf(delimiter, at);
      fields.push(record.slice(at, end === -1 ? undefined : end));
      if (end === -1) break;
      at = end + 1;
      continue;
    }
    let field = "";
    at++;
    for (;;) {
      const quote = record.indexOf('"', at);
      field += record.slice(at, quote === -1 ? undefined : quote);
      if (quote === -1 || record.charCodeAt(quote + 1) !== QUOTE) {
        at = quote === -1 ? record.length + 1 : quote + 1;
        break;
      }
      field += '"';
      at = quote + 2;
    }
    const end = record.indexOf(delimiter, at);
    // What stands between the closing quote and the delimiter belongs to the field, as spreadsheets read it.
    fields.push(field + record.slice(at, end === -1 ? undefined : end));
    if (end === -1) break;
    at = end + 1;
  }
  return fields;
}

/** One record of a CSV file; `fields` is null when it was too long to be kept. */
export interface CsvRecord {
  /** The line on which the record begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[] | null;
}

/** A longer record is given up; in an export none is a hundredth of it. */
const MAXIMUM_RECORD_LENGTH = 64 * 1024;
const QUOTE = 34;
const CARRIAGE_RETURN = 13;

/** Reads records of RFC 4180, with any delimiter and line ends of both kinds: as many at once as a piece of the text has whole. */
export async function* readCsv(text: AsyncIterable<string>, delimiter = ","): AsyncGenerator<readonly CsvRecord[]> {
  const take = createRecordReader(delimiter);
  let rest = "";
  let isFirst = true;
  for await (const piece of text) {
    const records: CsvRecord[] = [];
    rest = take(isFirst ? piece.replace(/^\uFEFF/, "") : rest + piece, false, records);
    isFirst = false;
    if (records.length > 0) yield records;
  }
  const records: CsvRecord[] = [];
  take(rest, true, records);
  if (records.length > 0) yield records;
}

/** Takes the whole records from the beginning of a text; gives back what is left. */
type TakeRecords = (buffer: string, isEnd: boolean, records: CsvRecord[]) => string;

function createRecordReader(delimiter: string): TakeRecords {
  let line = 1;
  let isSkipping = false;
  return (buffer, isEnd, records) => {
    let start = 0;
    const split = createSplitter(delimiter, buffer, isEnd);
    while (start < buffer.length) {
      if (isSkipping) {
        const end = buffer.indexOf("\n", start);
        if (end === -1) return "";
        start = end + 1;
        line++;
        isSkipping = false;
        continue;
      }
      const record = split(start);
      if ((record?.end ?? buffer.length) - start > MAXIMUM_RECORD_LENGTH) {
        // An open quote may have swallowed sound lines, so that reading goes on behind the next line end.
        records.push({ line, fields: null });
        isSkipping = true;
        continue;
      }
      if (record === undefined) return buffer.slice(start);
      const { fields, end, lines } = record;
      if (fields.length > 1 || fields[0] !== "") records.push({ line, fields });
      line += lines;
      start = end + 1;
    }
    return "";
  };
}

/** A record, where its line end stands and how many lines it goes over; undefined when it is not whole yet. */
interface Split {
  readonly fields: readonly string[];
  readonly end: number;
  readonly lines: number;
}

/**
 * Splits records in one pass. Where the next delimiter stands is remembered from one record to the next: a text without any would
 * be searched to its end for each line.
 */
function createSplitter(delimiter: string, buffer: string, isEnd: boolean): (start: number) => Split | undefined {
  let nextDelimiter = -1;
  /** Where reading goes on behind a quoted field. */
  let behindQuote = 0;
  const lineEndFrom = (at: number): number => {
    const end = buffer.indexOf("\n", at);
    return end === -1 && isEnd ? buffer.length : end;
  };
  const delimiterFrom = (at: number): number => {
    if (nextDelimiter >= at) return nextDelimiter;
    const found = buffer.indexOf(delimiter, at);
    return (nextDelimiter = found === -1 ? buffer.length : found);
  };
  /** The text between quotes, from behind the first; undefined when the last has not come yet. */
  const quotedFrom = (start: number): string | undefined => {
    let field = "";
    for (let at = start; ;) {
      const quote = buffer.indexOf('"', at);
      // A quote at the very end may be the first of two.
      if (!isEnd && (quote === -1 || quote === buffer.length - 1)) return undefined;
      const isDouble = quote !== -1 && buffer.charCodeAt(quote + 1) === QUOTE;
      field += buffer.slice(at, quote === -1 ? undefined : isDouble ? quote + 1 : quote);
      at = quote === -1 ? buffer.length : quote + (isDouble ? 2 : 1);
      behindQuote = at;
      if (!isDouble) return field;
    }
  };
  return (start) => {
    const fields: string[] = [];
    let end = lineEndFrom(start);
    let lines = 1;
    for (let at = start; ;) {
      let field: string | undefined = "";
      if (buffer.charCodeAt(at) === QUOTE) {
        field = quotedFrom(at + 1);
        if (field === undefined) return undefined;
        at = behindQuote;
        for (; end !== -1 && end < at; end = lineEndFrom(end + 1)) lines++;
      }
      if (end === -1) return undefined;
      const stop = delimiterFrom(at);
      const isLast = stop >= end;
      const close = isLast ? (end > at && buffer.charCodeAt(end - 1) === CARRIAGE_RETURN ? end - 1 : end) : stop;
      // What stands between the closing quote and the delimiter belongs to the field, as spreadsheets read it.
      fields.push(close > at ? field + buffer.slice(at, close) : field);
      if (isLast) return { fields, end, lines };
      at = stop + 1;
    }
  };
}

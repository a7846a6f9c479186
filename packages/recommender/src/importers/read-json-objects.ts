/** One JSON object of a file; `value` is undefined when it is none or was too long. */
export interface JsonRecord {
  /** The line on which the object begins, from 1. */
  readonly line: number;
  readonly value?: unknown;
  readonly problem?: "notJson" | "tooLong" | undefined;
}

/** A longer object is given up. A page of a thousand listens is half of it. */
const MAXIMUM_OBJECT_LENGTH = 1024 * 1024;

/**
 * Reads the objects of a file, be they one a line, the elements of an array, or one alone: whatever stands between the outermost
 * braces, in memory for one object at a time.
 */
export async function* readJsonObjects(text: AsyncIterable<string>): AsyncGenerator<JsonRecord> {
  let pending = "";
  let depth = 0;
  let isText = false;
  let isEscaped = false;
  let isTooLong = false;
  let line = 1;
  let startLine = 1;
  for await (const piece of text) {
    let start = depth > 0 ? 0 : -1;
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      // A broken object may have left a text open: no text of JSON goes over a line end.
      if (code === 10) {
        line++;
        isText = false;
        isEscaped = false;
      } else if (isText) {
        if (isEscaped) isEscaped = false;
        else if (code === 92) isEscaped = true;
        else if (code === 34) isText = false;
      } else if (code === 34) {
        isText = depth > 0;
      } else if (code === 123 && depth++ === 0) {
        start = at;
        startLine = line;
      } else if (code === 125 && depth > 0 && --depth === 0) {
        const object = pending + piece.slice(start, at + 1);
        pending = "";
        yield isTooLong ? { line: startLine, problem: "tooLong" } : parse(startLine, object);
        isTooLong = false;
        start = -1;
      }
    }
    if (depth === 0) continue;
    if (!isTooLong) pending += piece.slice(start);
    if (pending.length <= MAXIMUM_OBJECT_LENGTH) continue;
    pending = "";
    isTooLong = true;
  }
  if (depth > 0) yield { line: startLine, problem: isTooLong ? "tooLong" : "notJson" };
}

function parse(line: number, text: string): JsonRecord {
  if (text.length > MAXIMUM_OBJECT_LENGTH) return { line, problem: "tooLong" };
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    // The record says so; the rest of the file may be sound.
    return { line, problem: "notJson" };
  }
}

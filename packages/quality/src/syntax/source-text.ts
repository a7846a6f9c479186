/** A place in a text, for people: both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A range of a text, in UTF-16 code units. */
export interface Span {
  /** Its first character; from 0. */
  readonly start: number;
  /** The character after its last. */
  readonly end: number;
}

/** A file's text with its lines. */
export interface SourceText {
  /** How the file is called in findings. */
  readonly file: string;
  readonly text: string;
  readonly lineCount: number;
  positionAt(offset: number): Position;
  /** The number of the line, from 1, that holds an offset. */
  lineAt(offset: number): number;
  /** Whether a word stands anywhere in the text, remembered for the next time. */
  mentions(word: string): boolean;
  /** The text of a line, numbered from 1, without its end. */
  lineText(line: number): string;
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Gives a text its lines. A last line end does not begin a further line. */
export function createSourceText(file: string, text: string): SourceText {
  const starts = findLineStarts(text);
  const words = new Map<string, boolean>();
  const lineAt = (offset: number): number => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  return {
    file,
    text,
    lineCount: text === "" || text.endsWith("\n") ? starts.length - 1 : starts.length,
    lineAt,
    mentions(word) {
      let mentioned = words.get(word);
      if (mentioned === undefined) words.set(word, (mentioned = text.includes(word)));
      return mentioned;
    },
    positionAt(offset) {
      const line = lineAt(offset);
      return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
    },
    lineText(line) {
      const end = starts[line];
      return text.slice(starts[line - 1] ?? text.length, end).trimEnd();
    },
  };
}

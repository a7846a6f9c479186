import type { Span } from "../syntax/source-text.ts";

/** The tokens of a file, comments and white space left out: of each a hash of its text, and where it starts and ends. */
export interface TokenList {
  readonly hashes: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** What the scanner cannot tell by itself, from the tree. All in the order of the text. */
export interface ScannerHints {
  /** Comments, and statements that are left out, such as imports. */
  readonly skipped: readonly Span[];
  /** Patterns, pieces of templates, texts of JSX: each is one token whatever is in it. */
  readonly whole: readonly Span[];
}

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;

const WORD = 1;
const OPERATOR = 2;
const SPACE = 3;

/** What kind of token each character begins or goes on with; 0 stands for a token of its own. */
const kinds = new Uint8Array(128);
for (const character of "=<>!&|+-*/%^~?") kinds[character.charCodeAt(0)] = OPERATOR;
for (let code = 0; code <= 0x20; code++) kinds[code] = SPACE;
for (let code = 0x30; code < 0x7b; code++) if (/[\w$]/.test(String.fromCharCode(code))) kinds[code] = WORD;
kinds[0x24] = WORD;

const kindOf = (code: number) => (code < 128 ? (kinds[code] ?? 0) : WORD);

function endOfString(text: string, start: number, quote: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return Math.min(at + 1, text.length);
}

function endOfToken(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE || first === APOSTROPHE) return endOfString(text, start, first);
  const kind = kindOf(first);
  let at = start + 1;
  if (kind !== 0) while (at < text.length && kindOf(text.charCodeAt(at)) === kind) at++;
  return at;
}

function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** Cuts a text into tokens. */
export function scanTokens(text: string, { skipped, whole }: ScannerHints): TokenList {
  // No token is shorter than a character, and few files have more than one for every two.
  let hashes = new Int32Array((text.length >>> 1) + 16);
  let starts = new Int32Array(hashes.length);
  let ends = new Int32Array(hashes.length);
  let count = 0;
  let nextSkipped = 0;
  let nextWhole = 0;
  let at = 0;
  while (at < text.length) {
    while ((skipped[nextSkipped]?.end ?? Infinity) <= at) nextSkipped++;
    const leftOut = skipped[nextSkipped];
    if (leftOut !== undefined && leftOut.start <= at) {
      at = leftOut.end;
      continue;
    }
    if (kindOf(text.charCodeAt(at)) === SPACE) {
      at++;
      continue;
    }
    while ((whole[nextWhole]?.end ?? Infinity) <= at) nextWhole++;
    const piece = whole[nextWhole];
    // An operator ends where a comment or a pattern begins, although both begin with a character of operators.
    const border = Math.min(leftOut?.start ?? Infinity, piece?.start ?? Infinity);
    const end =
      piece !== undefined && piece.start <= at ? piece.end : Math.max(at + 1, Math.min(endOfToken(text, at), border));
    if (count === hashes.length) {
      hashes = grow(hashes);
      starts = grow(starts);
      ends = grow(ends);
    }
    hashes[count] = hashOf(text, at, end);
    starts[count] = at;
    ends[count++] = end;
    at = end;
  }
  return { hashes: hashes.slice(0, count), starts: starts.slice(0, count), ends: ends.slice(0, count) };
}

function grow(list: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(list.length * 2);
  larger.set(list);
  return larger;
}

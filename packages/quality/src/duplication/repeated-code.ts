import type { Inspection } from "../inspect-source.ts";
import type { FindingDraft } from "../finding.ts";
import type { FindingSeverity } from "../rule.ts";
import { findRepetitions, type TokenPlace } from "./find-repetitions.ts";

/** How much of a file or a project is repeated. */
export interface Duplication {
  /** Lines that stand at two or more places, each place counted. */
  readonly lines: number;
  /** Their share of all lines, 0 to 100. */
  readonly percent: number;
  /** Places whose code stood somewhere before. */
  readonly repetitions: number;
}

/** Repetitions of some files: the figures, and the findings by the index of the file that repeats. */
export interface RepeatedCode {
  readonly duplication: Duplication;
  readonly drafts: ReadonlyMap<number, readonly FindingDraft[]>;
}

interface Region {
  readonly start: number;
  readonly end: number;
  readonly firstLine: number;
  readonly lastLine: number;
}

function regionOf({ source, tokens }: Inspection, { index }: TokenPlace, count: number): Region {
  const start = tokens.starts[index] ?? 0;
  const end = tokens.ends[index + count - 1] ?? start;
  return { start, end, firstLine: source.lineAt(start), lastLine: source.lineAt(end) };
}

/** Finds code that stands at several places of some files. `severity` is undefined where no findings are wanted. */
export function findRepeatedCode(
  inspections: readonly Inspection[],
  atLeast: number,
  severity: FindingSeverity | undefined,
): RepeatedCode {
  const repetitions = findRepetitions(
    inspections.map(({ tokens }) => tokens.hashes),
    atLeast,
  );
  const repeatedLines = new Set<string>();
  const drafts = new Map<number, FindingDraft[]>();
  const cover = (file: number, { firstLine, lastLine }: Region) => {
    for (let line = firstLine; line <= lastLine; line++) repeatedLines.add(`${file}:${line}`);
  };
  for (const { first, second, tokens } of repetitions) {
    const original = inspections[first.file];
    const copy = inspections[second.file];
    if (original === undefined || copy === undefined) continue;
    const from = regionOf(original, first, tokens);
    const to = regionOf(copy, second, tokens);
    cover(first.file, from);
    cover(second.file, to);
    if (severity === undefined) continue;
    const place = `${original.source.file}:${from.firstLine}`;
    const draft: FindingDraft = {
      rule: "duplication/repeated-code",
      severity,
      start: to.start,
      end: to.end,
      message: `These ${to.lastLine - to.firstLine + 1} lines (${tokens} tokens) stand at ${place} too: give them one place.`,
      identity: `${original.source.file} ${copy.source.text.slice(to.start, to.end).replaceAll(/\s+/g, " ")}`,
    };
    drafts.set(second.file, [...(drafts.get(second.file) ?? []), draft]);
  }
  const lines = inspections.reduce((sum, { source }) => sum + source.lineCount, 0);
  const percent = lines === 0 ? 0 : (repeatedLines.size / lines) * 100;
  return { duplication: { lines: repeatedLines.size, percent, repetitions: repetitions.length }, drafts };
}

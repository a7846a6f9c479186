import type { Comment } from "oxc-parser";
import type { Finding, FindingDraft } from "./finding.ts";
import { ruleCatalog, type RuleId } from "./rule-catalog.ts";
import type { SourceText } from "./syntax/source-text.ts";

/** A finding that a comment in the source accepts. */
export interface SuppressedFinding extends Finding {
  /** Why, in the comment's words. */
  readonly reason: string;
}

interface Suppression {
  readonly comment: Comment;
  readonly rules: ReadonlySet<string>;
  readonly reason: string;
  /** The line whose findings it accepts. */
  readonly line: number;
  used: boolean;
}

const mark = /^[\s*]*quality-ignore\b(.*)$/m;

/** The line a comment speaks of: its own when code stands before it, else the next one that is not empty. */
function lineOf(comment: Comment, source: SourceText): number {
  const { line, column } = source.positionAt(comment.start);
  if (
    source
      .lineText(line)
      .slice(0, column - 1)
      .trim() !== ""
  )
    return line;
  let next = source.lineAt(comment.end) + 1;
  while (next < source.lineCount && /^\s*(?:\/\/.*)?$/.test(source.lineText(next))) next++;
  return next;
}

function readSuppression(comment: Comment, source: SourceText): Suppression | undefined {
  const rest = mark.exec(comment.value)?.[1];
  if (rest === undefined) return undefined;
  const colon = rest.indexOf(":");
  const names = (colon === -1 ? rest : rest.slice(0, colon)).split(",").map((name) => name.trim());
  const reason =
    colon === -1
      ? ""
      : rest
          .slice(colon + 1)
          .replace(/\*+$/, "")
          .trim();
  return {
    comment,
    rules: new Set(names.filter((name) => name !== "")),
    reason,
    line: lineOf(comment, source),
    used: false,
  };
}

const draftAt = (comment: Comment, rule: RuleId, message: string): FindingDraft => ({
  rule,
  severity: ruleCatalog.get(rule)?.severity ?? "error",
  start: comment.start,
  end: comment.end,
  message,
});

/** What a file's suppressions make of its findings. */
export interface Sifted {
  readonly kept: readonly Finding[];
  readonly suppressed: readonly SuppressedFinding[];
  /** What is wrong with the suppressions themselves. */
  readonly faults: readonly FindingDraft[];
}

/** What is wrong with a suppression before any finding is looked at. */
function faultOf({ comment, rules, reason }: Suppression): FindingDraft | undefined {
  const unknown = [...rules].filter((name) => !ruleCatalog.has(name as RuleId));
  if (rules.size === 0 || unknown.length > 0) {
    const what = rules.size === 0 ? "It names no rule" : `There is no rule \`${unknown.join("`, `")}\``;
    return draftAt(comment, "suppression/unknown-rule", `${what}: write \`quality-ignore RULE: reason\`.`);
  }
  if (reason !== "") return undefined;
  return draftAt(comment, "suppression/no-reason", "Say why: `quality-ignore RULE: reason`.");
}

/** Takes out the findings that a comment `quality-ignore RULE[, RULE]: reason` accepts, on its own line or the one below. */
export function siftFindings(findings: readonly Finding[], comments: readonly Comment[], source: SourceText): Sifted {
  const faults: FindingDraft[] = [];
  const byLine = new Map<number, Suppression[]>();
  const usable: Suppression[] = [];
  for (const comment of comments) {
    const suppression = comment.value.includes("quality-ignore") ? readSuppression(comment, source) : undefined;
    if (suppression === undefined) continue;
    const fault = faultOf(suppression);
    if (fault !== undefined) faults.push(fault);
    else {
      usable.push(suppression);
      byLine.set(suppression.line, [...(byLine.get(suppression.line) ?? []), suppression]);
    }
  }
  const kept: Finding[] = [];
  const suppressed: SuppressedFinding[] = [];
  for (const finding of findings) {
    const by = byLine.get(finding.line)?.find(({ rules }) => rules.has(finding.rule));
    if (by === undefined) kept.push(finding);
    else {
      by.used = true;
      suppressed.push({ ...finding, reason: by.reason });
    }
  }
  for (const { comment } of usable.filter(({ used }) => !used)) {
    faults.push(draftAt(comment, "suppression/unused", "Nothing is found here any more: remove this suppression."));
  }
  return { kept, suppressed, faults };
}

import { createHash } from "node:crypto";
import type { FindingSeverity } from "./rule.ts";
import type { RuleId } from "./rule-catalog.ts";
import type { SourceText, Span } from "./syntax/source-text.ts";

/** What a finding is about. */
export type FindingCategory =
  | "complexity"
  | "documentation"
  | "duplication"
  | "parse"
  | "performance"
  | "security"
  | "style"
  | "suppression";

/** A place where something is wrong. */
export interface Finding {
  /** Which rule it broke: `security/dynamic-code`. */
  readonly rule: RuleId;
  /** What it is about; the part of `rule` before the slash. */
  readonly category: FindingCategory;
  /** How bad it is. */
  readonly severity: FindingSeverity;
  /** The file, as it was named to the analysis, with forward slashes. */
  readonly file: string;
  /** Where it starts; from 1. */
  readonly line: number;
  /** Where it starts in that line, in UTF-16 code units; from 1. */
  readonly column: number;
  /** Where it ends; from 1. */
  readonly endLine: number;
  /** The column after its last character; from 1. */
  readonly endColumn: number;
  /** What is wrong and what to do; never the secret that was found. */
  readonly message: string;
  /** 16 hex digits that stay the same while code around the finding moves; a baseline knows it by them. */
  readonly fingerprint: string;
}

/** What makes a finding at a range of a file. */
export interface FindingDraft extends Span {
  readonly rule: RuleId;
  readonly severity: FindingSeverity;
  readonly message: string;
  /** What tells it from others of its rule; defaults to the text of its first line. */
  readonly identity?: string | undefined;
}

/** Makes a finding of a draft, with lines, columns and fingerprint. */
export function createFinding(source: SourceText, draft: FindingDraft): Finding {
  const from = source.positionAt(draft.start);
  const to = source.positionAt(draft.end);
  const identity = draft.identity ?? source.lineText(from.line).trim();
  return {
    rule: draft.rule,
    category: draft.rule.slice(0, draft.rule.indexOf("/")) as FindingCategory,
    severity: draft.severity,
    file: source.file,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
    message: draft.message,
    fingerprint: createHash("sha256").update(`${draft.rule}\0${source.file}\0${identity}`).digest("hex").slice(0, 16),
  };
}

/** Orders findings by file, line, column and rule. */
export function compareFindings(left: Finding, right: Finding): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column || (left.rule < right.rule ? -1 : 1);
}

/** The findings of one category, of a file or of a project. */
export function findingsOf(
  analysis: { readonly findings: readonly Finding[] },
  category: FindingCategory,
): readonly Finding[] {
  return analysis.findings.filter((finding) => finding.category === category);
}

import type { ProjectAnalysis } from "./analyze-project.ts";
import { compareWithBaseline, type Baseline, type BaselineComparison } from "./baseline.ts";
import { documentedPercent } from "./documentation/documentation-coverage.ts";
import type { Finding } from "./finding.ts";
import type { FindingSeverity } from "./rule.ts";

/** What a project must reach. */
export interface Gate {
  /** The least bad findings that count; `never` counts none. Defaults to `warning`. */
  readonly failOn?: FindingSeverity | "never" | undefined;
  /** How many counting findings are allowed, without those of the baseline. Defaults to 0. */
  readonly maxFindings?: number | undefined;
  /** The least share of documented exports, 0 to 100. Defaults to 0. */
  readonly minDocumentedPercent?: number | undefined;
  /** The largest share of repeated lines, 0 to 100. Defaults to 100. */
  readonly maxDuplicatedPercent?: number | undefined;
}

/** Whether a project reaches what it must, and why not. */
export interface GateVerdict extends BaselineComparison {
  /** Whether it does. */
  readonly passed: boolean;
  /** One sentence for each threshold that is not held. */
  readonly failures: readonly string[];
}

const weights: Readonly<Record<FindingSeverity | "never", number>> = { note: 0, warning: 1, error: 2, never: 3 };

/** The findings that count under a gate. */
export function countingFindings(findings: readonly Finding[], { failOn = "warning" }: Gate): readonly Finding[] {
  return findings.filter(({ severity }) => weights[severity] >= weights[failOn]);
}

/** Holds a project against its thresholds; findings that the baseline has don't count. */
export function judgeProject(
  analysis: ProjectAnalysis,
  gate: Gate = {},
  baseline: Baseline = { version: 1, findings: [] },
): GateVerdict {
  const { failOn = "warning", maxFindings = 0, minDocumentedPercent = 0, maxDuplicatedPercent = 100 } = gate;
  const comparison = compareWithBaseline(analysis.findings, baseline);
  const counting = countingFindings(comparison.fresh, gate).length;
  const documented = documentedPercent(analysis.documentation);
  const duplicated = analysis.duplication.percent;
  const failures = [
    ...(counting > maxFindings
      ? [`${counting} new findings are at least a ${failOn}; at most ${maxFindings} are allowed.`]
      : []),
    ...(documented < minDocumentedPercent
      ? [`${documented.toFixed(1)} % of the exports are documented; at least ${minDocumentedPercent} % must be.`]
      : []),
    ...(duplicated > maxDuplicatedPercent
      ? [`${duplicated.toFixed(1)} % of the lines are repeated; at most ${maxDuplicatedPercent} % may be.`]
      : []),
  ];
  return { ...comparison, passed: failures.length === 0, failures };
}

import { styleText } from "node:util";
import type { ProjectAnalysis } from "../analyze-project.ts";
import { documentedPercent } from "../documentation/documentation-coverage.ts";
import type { Finding } from "../finding.ts";
import type { FindingSeverity } from "../rule.ts";
import type { GateVerdict } from "../gate.ts";

/** How a report for people looks. */
export interface TextReportOptions {
  /** Whether severities are coloured with escape sequences. Defaults to false. */
  readonly color?: boolean | undefined;
}

const colors: Readonly<Record<FindingSeverity, "red" | "yellow" | "cyan">> = {
  error: "red",
  warning: "yellow",
  note: "cyan",
};

type Paint = (style: "red" | "yellow" | "cyan" | "green" | "bold" | "dim", text: string) => string;

function findingLines(findings: readonly Finding[], paint: Paint): string[] {
  const lines: string[] = [];
  let file: string | undefined;
  for (const finding of findings) {
    if (finding.file !== file) lines.push(...(file === undefined ? [] : [""]), paint("bold", finding.file));
    ({ file } = finding);
    const place = `${finding.line}:${finding.column}`.padEnd(9);
    const severity = paint(colors[finding.severity], finding.severity.padEnd(8));
    lines.push(`  ${place}${severity}${finding.message} ${paint("dim", finding.rule)}`);
  }
  return lines;
}

/** A report for people: the new findings by file, then the figures of the project, then the verdict. */
export function formatText(
  analysis: ProjectAnalysis,
  verdict: GateVerdict,
  { color = false }: TextReportOptions = {},
): string {
  const paint: Paint = (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
  const { fresh, known, gone, failures, passed } = verdict;
  const { complexity, documentation, duplication, suppressed } = analysis;
  const number = (figure: number) => figure.toLocaleString("en-US");
  const bySeverity = (severity: FindingSeverity) => fresh.filter((finding) => finding.severity === severity).length;
  const findings = findingLines(fresh, paint);
  return [
    ...findings,
    ...(findings.length > 0 ? [""] : []),
    `${number(analysis.files.length)} files, ${number(analysis.lines)} lines, ${number(complexity.functions)} functions`,
    `complexity     ${number(complexity.cyclomatic)} cyclomatic, ${number(complexity.cognitive)} cognitive`,
    `documentation  ${number(documentation.documented)} of ${number(documentation.exported)} exports (${documentedPercent(documentation).toFixed(1)} %)`,
    `duplication    ${number(duplication.lines)} lines (${duplication.percent.toFixed(1)} %) at ${number(duplication.repetitions)} places`,
    `findings       ${bySeverity("error")} errors, ${bySeverity("warning")} warnings, ${bySeverity("note")} notes; ${known.length} in the baseline, ${suppressed.length} suppressed`,
    ...(gone.length > 0
      ? [`${gone.length} entries of the baseline are gone from the code: write it anew with --update-baseline.`]
      : []),
    ...failures.map((failure) => paint("red", failure)),
    ...(passed ? [paint("green", "Every threshold holds.")] : []),
    "",
  ].join("\n");
}

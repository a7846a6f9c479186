import type { ProjectAnalysis } from "../analyze-project.ts";
import type { Finding } from "../finding.ts";
import type { GateVerdict } from "../gate.ts";
import { ruleCatalog } from "../rule-catalog.ts";
import type { SuppressedFinding } from "../suppression.ts";

const ruleIndexes = new Map([...ruleCatalog.keys()].map((id, index) => [id, index]));

function resultOf(finding: Finding | SuppressedFinding, known: ReadonlySet<Finding>): object {
  const { rule, severity, message, file, line, column, endLine, endColumn, fingerprint } = finding;
  const suppression = "reason" in finding ? [{ kind: "inSource", justification: finding.reason }] : [];
  return {
    ruleId: rule,
    ruleIndex: ruleIndexes.get(rule),
    level: severity,
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(file), uriBaseId: "ROOT" },
          region: { startLine: line, startColumn: column, endLine, endColumn },
        },
      },
    ],
    partialFingerprints: { "antiphonQuality/v1": fingerprint },
    baselineState: known.has(finding) ? "unchanged" : "new",
    suppressions: suppression,
  };
}

/**
 * A report in the Static Analysis Results Interchange Format 2.1.0, as code hosts and editors read it.
 *
 * @see "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", OASIS
 */
export function formatSarif(analysis: ProjectAnalysis, verdict: GateVerdict): string {
  const known = new Set(verdict.known);
  const rules = [...ruleCatalog.values()].map(({ id, severity, summary }) => ({
    id,
    shortDescription: { text: summary },
    defaultConfiguration: { level: severity },
  }));
  const run = {
    tool: {
      driver: { name: "antiphon-analyze", informationUri: "https://www.npmjs.com/package/@antiphon/quality", rules },
    },
    columnKind: "utf16CodeUnits",
    originalUriBaseIds: { ROOT: { description: { text: "The folder that was analysed." } } },
    results: [...analysis.findings, ...analysis.suppressed].map((finding) => resultOf(finding, known)),
  };
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }, undefined, 2)}\n`;
}

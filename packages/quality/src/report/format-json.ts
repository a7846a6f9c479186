import type { ProjectAnalysis } from "../analyze-project.ts";
import type { GateVerdict } from "../gate.ts";

/** A report for programs: the whole analysis, and the verdict by fingerprints. */
export function formatJson(analysis: ProjectAnalysis, verdict: GateVerdict): string {
  const { passed, failures, fresh, known, gone } = verdict;
  const fingerprints = {
    fresh: fresh.map(({ fingerprint }) => fingerprint),
    known: known.map(({ fingerprint }) => fingerprint),
  };
  return `${JSON.stringify({ version: 1, analysis, verdict: { passed, failures, ...fingerprints, gone } }, undefined, 2)}\n`;
}

import type { AnalyzeOptions } from "./analyze-options.ts";
import { findRepeatedCode } from "./duplication/repeated-code.ts";
import type { FileAnalysis } from "./file-analysis.ts";
import { completeAnalysis, inspectSource, severityOf, type Inspection } from "./inspect-source.ts";
import { defaultLimits } from "./limits.ts";

/** Completes the inspection of a file that is looked at alone: only what it repeats of itself is seen. */
export function completeAlone(inspection: Inspection, options: AnalyzeOptions): FileAnalysis {
  const atLeast = options.limits?.duplicateTokens ?? defaultLimits.duplicateTokens;
  const severity = severityOf("duplication/repeated-code", options);
  return completeAnalysis(inspection, findRepeatedCode([inspection], atLeast, severity).drafts.get(0) ?? []);
}

/**
 * Analyses a text. The extension of `file` tells the language: js, mjs, cjs, jsx, ts, mts, cts or tsx. Never throws for what is in
 * the text: one that cannot be parsed, or is too large, gives an analysis with a finding that says so.
 */
export function analyzeSource(file: string, text: string, options: AnalyzeOptions = {}): FileAnalysis {
  return completeAlone(inspectSource(file, text, options), options);
}

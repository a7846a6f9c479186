export { analyzeFile, type AnalyzeFileOptions } from "./analyze-file.ts";
export type { AnalyzeOptions } from "./analyze-options.ts";
export {
  analyzeProject,
  type AnalyzeProgress,
  type AnalyzeProjectOptions,
  type ProjectAnalysis,
} from "./analyze-project.ts";
export { analyzeSource } from "./analyze-source.ts";
export {
  compareWithBaseline,
  createBaseline,
  formatBaseline,
  parseBaseline,
  type Baseline,
  type BaselineComparison,
} from "./baseline.ts";
export { runAnalyze, type AnalyzeIo } from "./cli/run-analyze.ts";
export { parseSettings, type AnalyzeSettings } from "./cli/settings.ts";
export type { ComplexityMetrics, FunctionComplexity } from "./complexity/complexity.ts";
export { documentedPercent, type DocumentationCoverage } from "./documentation/documentation-coverage.ts";
export type { Duplication } from "./duplication/repeated-code.ts";
export type { FileAnalysis } from "./file-analysis.ts";
export { findingsOf, type Finding, type FindingCategory } from "./finding.ts";
export type { FindingSeverity } from "./rule.ts";
export { countingFindings, judgeProject, type Gate, type GateVerdict } from "./gate.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export type { FileSelection } from "./project/project-files.ts";
export { QualityError, type QualityErrorCode } from "./quality-error.ts";
export { formatJson } from "./report/format-json.ts";
export { formatSarif } from "./report/format-sarif.ts";
export { formatText, type TextReportOptions } from "./report/format-text.ts";
export { ruleCatalog, type RuleDescription, type RuleId } from "./rule-catalog.ts";
export type { SuppressedFinding } from "./suppression.ts";

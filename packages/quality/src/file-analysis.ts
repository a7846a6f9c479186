import type { ComplexityMetrics } from "./complexity/complexity.ts";
import type { DocumentationCoverage } from "./documentation/documentation-coverage.ts";
import type { Finding } from "./finding.ts";
import type { SuppressedFinding } from "./suppression.ts";

/** What the analysis of a file gives. */
export interface FileAnalysis {
  /** The file, as it was named, with forward slashes. */
  readonly file: string;
  /** Its lines; 0 for one that could not be read. */
  readonly lines: number;
  /** How complex it and its functions are. */
  readonly complexity: ComplexityMetrics;
  /** How much of what it exports is documented. */
  readonly documentation: DocumentationCoverage;
  /** What is wrong with it, in the order of its lines. */
  readonly findings: readonly Finding[];
  /** What would be wrong if a comment did not accept it. */
  readonly suppressed: readonly SuppressedFinding[];
}

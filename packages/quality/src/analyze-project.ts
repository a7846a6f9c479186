import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { inspectFile } from "./analyze-file.ts";
import type { AnalyzeOptions } from "./analyze-options.ts";
import type { DocumentationCoverage } from "./documentation/documentation-coverage.ts";
import { findRepeatedCode, type Duplication } from "./duplication/repeated-code.ts";
import type { FileAnalysis } from "./file-analysis.ts";
import type { Finding } from "./finding.ts";
import { completeAnalysis, severityOf, type Inspection } from "./inspect-source.ts";
import { defaultLimits } from "./limits.ts";
import { listProjectFiles, type FileSelection } from "./project/project-files.ts";
import type { SuppressedFinding } from "./suppression.ts";

/** How far an analysis is. */
export interface AnalyzeProgress {
  /** Files that were looked at. */
  readonly done: number;
  /** All files. */
  readonly total: number;
  /** The file that was looked at last. */
  readonly file: string;
}

/** How a project is judged. */
export interface AnalyzeProjectOptions extends AnalyzeOptions, FileSelection {
  /** Called after each file; what it throws ends the analysis. */
  readonly onProgress?: ((progress: AnalyzeProgress) => void) | undefined;
  /** Ends the analysis; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What the analysis of a project gives. */
export interface ProjectAnalysis {
  /** The folder, as it was named. */
  readonly root: string;
  /** Its files, by name. */
  readonly files: readonly FileAnalysis[];
  /** Their lines. */
  readonly lines: number;
  /** The sums of its files' complexity. */
  readonly complexity: { readonly cyclomatic: number; readonly cognitive: number; readonly functions: number };
  /** How much of what its files export is documented. */
  readonly documentation: DocumentationCoverage;
  /** How much of it is repeated. */
  readonly duplication: Duplication;
  /** What is wrong, by file and line. */
  readonly findings: readonly Finding[];
  /** What would be wrong if comments did not accept it. */
  readonly suppressed: readonly SuppressedFinding[];
}

/** How many files are read ahead of the one that is looked at. */
const FILES_AT_ONCE = 16;

const sum = <Item>(items: readonly Item[], figure: (item: Item) => number): number =>
  items.reduce((total, item) => total + figure(item), 0);

async function inspectAll(
  root: string,
  files: readonly string[],
  options: AnalyzeProjectOptions,
): Promise<Inspection[]> {
  const inspections: Inspection[] = [];
  for (let from = 0; from < files.length; from += FILES_AT_ONCE) {
    const batch = files.slice(from, from + FILES_AT_ONCE);
    inspections.push(
      ...(await Promise.all(batch.map((file) => inspectFile(join(root, file), file, options, options.signal)))),
    );
    options.onProgress?.({ done: inspections.length, total: files.length, file: batch.at(-1) ?? "" });
    // Files that the system has in its cache come so quickly that nothing else would get a turn.
    await nextTurn();
    options.signal?.throwIfAborted();
  }
  return inspections;
}

/**
 * Analyses every JavaScript and TypeScript file below a folder, and what they repeat of each other. A file that cannot be read or
 * parsed is a finding.
 *
 * @throws QualityError `QUALITY_PATH_UNREADABLE`, `QUALITY_TOO_MANY_FILES`
 */
export async function analyzeProject(root: string, options: AnalyzeProjectOptions = {}): Promise<ProjectAnalysis> {
  const names = await listProjectFiles(root, options, options.signal);
  const inspections = await inspectAll(root, names, options);
  const atLeast = options.limits?.duplicateTokens ?? defaultLimits.duplicateTokens;
  const { duplication, drafts } = findRepeatedCode(
    inspections,
    atLeast,
    severityOf("duplication/repeated-code", options),
  );
  const files = inspections.map((inspection, index) => completeAnalysis(inspection, drafts.get(index) ?? []));
  return {
    root,
    files,
    lines: sum(files, ({ lines }) => lines),
    complexity: {
      cyclomatic: sum(files, ({ complexity }) => complexity.cyclomatic),
      cognitive: sum(files, ({ complexity }) => complexity.cognitive),
      functions: sum(files, ({ complexity }) => complexity.functions.length),
    },
    documentation: {
      exported: sum(files, ({ documentation }) => documentation.exported),
      documented: sum(files, ({ documentation }) => documentation.documented),
    },
    duplication,
    findings: files.flatMap(({ findings }) => findings),
    suppressed: files.flatMap(({ suppressed }) => suppressed),
  };
}

import { readFile, stat } from "node:fs/promises";
import { describeError } from "@antiphon/std";
import type { AnalyzeOptions } from "./analyze-options.ts";
import { completeAlone } from "./analyze-source.ts";
import type { FileAnalysis } from "./file-analysis.ts";
import { inspectFailure, inspectSource, inspectTooLarge, maxFileBytes, type Inspection } from "./inspect-source.ts";

/** Reads a file and looks into it; `name` is how its findings call it. */
export async function inspectFile(
  path: string,
  name: string,
  options: AnalyzeOptions,
  signal?: AbortSignal,
): Promise<Inspection> {
  signal?.throwIfAborted();
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes(options)) return inspectTooLarge(name, options);
    text = await readFile(path, { encoding: "utf8", signal });
  } catch (error) {
    signal?.throwIfAborted();
    return inspectFailure(name, "parse/unreadable", `This file cannot be read: ${describeError(error)}.`, options);
  }
  return inspectSource(name, text, options);
}

/** How a single analysis of a file may be ended early. */
export interface AnalyzeFileOptions extends AnalyzeOptions {
  /** Ends the analysis; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Analyses one file. One that cannot be read, is too large or cannot be parsed gives an analysis with a finding that says so. */
export async function analyzeFile(path: string, options: AnalyzeFileOptions = {}): Promise<FileAnalysis> {
  const inspection = await inspectFile(path, path.replaceAll("\\", "/"), options, options.signal);
  return completeAlone(inspection, options);
}

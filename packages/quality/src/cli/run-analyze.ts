import { readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { describeError, isAntiphonError } from "@antiphon/std";
import { analyzeProject, type AnalyzeProgress, type ProjectAnalysis } from "../analyze-project.ts";
import { createBaseline, formatBaseline, parseBaseline, type Baseline } from "../baseline.ts";
import { countingFindings, judgeProject, type Gate, type GateVerdict } from "../gate.ts";
import { QualityError } from "../quality-error.ts";
import { formatJson } from "../report/format-json.ts";
import { formatSarif } from "../report/format-sarif.ts";
import { formatText } from "../report/format-text.ts";
import { ruleCatalog } from "../rule-catalog.ts";
import { readArguments, usage, type AnalyzeArguments } from "./arguments.ts";
import { parseSettings, type AnalyzeSettings } from "./settings.ts";

/** What {@link runAnalyze} talks to. */
export interface AnalyzeIo {
  /** Where the report goes. */
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
  /** Where progress and complaints go. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
  /** The folder to which paths are relative; absolute. */
  readonly cwd: string;
  /** Environment variables; `NO_COLOR` and `FORCE_COLOR` are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the analysis. */
  readonly signal?: AbortSignal | undefined;
}

const SETTINGS_FILE = "antiphon-analyze.json";

/** Reads a file that the command line names; `fallback` is for one that need not be there. */
async function readNamed(path: string, fallback?: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (fallback !== undefined && (error as NodeJS.ErrnoException).code === "ENOENT") return fallback;
    const message = `"${path}" cannot be read: ${describeError(error)}.`;
    throw new QualityError("QUALITY_PATH_UNREADABLE", message, { cause: error });
  }
}

/** The folder to look at, and for a single file a pattern that only this file matches. */
async function findRoot(path: string): Promise<{ root: string; only?: string }> {
  const found = await stat(path).catch((error: unknown) => {
    const message = `There is no "${path}": ${describeError(error)}.`;
    throw new QualityError("QUALITY_PATH_UNREADABLE", message, { cause: error });
  });
  return found.isDirectory() ? { root: path } : { root: dirname(path), only: basename(path) };
}

function usesColor({ env, stdout }: AnalyzeIo, wanted: AnalyzeArguments): boolean {
  if (wanted.output !== undefined || (env.NO_COLOR ?? "") !== "") return false;
  return stdout.isTTY === true || (env.FORCE_COLOR ?? "0") !== "0";
}

/** On a terminal one line that changes; nothing elsewhere, where it would only fill a log. */
function createProgressLine({ stderr }: AnalyzeIo, quiet: boolean) {
  const isShown = stderr.isTTY === true && !quiet;
  return {
    show({ done, total }: AnalyzeProgress): void {
      if (isShown) stderr.write(`\r\u001B[KLooked at ${done} of ${total} files`);
    },
    clear(): void {
      if (isShown) stderr.write("\r\u001B[K");
    },
  };
}

function format(analysis: ProjectAnalysis, verdict: GateVerdict, wanted: AnalyzeArguments, io: AnalyzeIo): string {
  if (wanted.format === "json") return formatJson(analysis, verdict);
  if (wanted.format === "sarif") return formatSarif(analysis, verdict);
  return formatText(analysis, verdict, { color: usesColor(io, wanted) });
}

async function analyze(wanted: AnalyzeArguments, io: AnalyzeIo): Promise<number> {
  const at = (path: string) => resolve(io.cwd, path);
  const { root, only } = await findRoot(at(wanted.path));
  const settingsText =
    wanted.settings === undefined
      ? await readNamed(resolve(root, SETTINGS_FILE), "{}")
      : await readNamed(at(wanted.settings));
  const settings: AnalyzeSettings = parseSettings(settingsText);
  let baseline: Baseline = { version: 1, findings: [] };
  if (wanted.baseline !== undefined && !wanted.updateBaseline)
    baseline = parseBaseline(await readNamed(at(wanted.baseline)));
  const progress = createProgressLine(io, wanted.quiet);
  let analysis: ProjectAnalysis;
  try {
    const include = only === undefined ? settings.include : [only];
    analysis = await analyzeProject(root, { ...settings, include, onProgress: progress.show, signal: io.signal });
  } finally {
    progress.clear();
  }
  const gate: Gate = { ...settings.gate, ...(wanted.failOn && { failOn: wanted.failOn }) };
  if (wanted.baseline !== undefined && wanted.updateBaseline) {
    // What does not count today would only bury what does.
    baseline = createBaseline(countingFindings(analysis.findings, gate));
    await writeFile(at(wanted.baseline), formatBaseline(baseline));
  }
  const verdict = judgeProject(analysis, gate, baseline);
  const report = format(analysis, verdict, wanted, io);
  if (wanted.output === undefined) io.stdout.write(report);
  else await writeFile(at(wanted.output), report);
  return verdict.passed ? 0 : 1;
}

function listRules(): string {
  return [...ruleCatalog.values()]
    .map(({ id, severity, summary }) => `${id.padEnd(30)}${severity.padEnd(9)}${summary}\n`)
    .join("");
}

/**
 * Runs the command `antiphon-analyze` with the arguments after its name and gives its exit code: 0 when every threshold holds, 1
 * when one does not, 2 when the arguments or files cannot be used, 130 when the signal ended it.
 */
export async function runAnalyze(argv: readonly string[], io: AnalyzeIo): Promise<number> {
  let wanted: AnalyzeArguments;
  try {
    wanted = readArguments(argv);
  } catch (error) {
    io.stderr.write(`${error instanceof Error ? error.message : String(error)}\nTry antiphon-analyze --help.\n`);
    return 2;
  }
  if (wanted.wants !== "analysis") {
    io.stdout.write(wanted.wants === "help" ? usage : listRules());
    return 0;
  }
  try {
    return await analyze(wanted, io);
  } catch (error) {
    if (io.signal?.aborted === true) {
      io.stderr.write("Interrupted.\n");
      return 130;
    }
    if (!isAntiphonError(error) && (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    io.stderr.write(`${describeError(error)}\n`);
    return 2;
  }
}

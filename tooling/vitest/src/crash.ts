import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { relative, sep } from "node:path";

/** How many tests ended how. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A test file whose process died, by which signal. */
export interface Crash {
  /** The path from the root of the run, with forward slashes. */
  readonly file: string;
  readonly signal: string;
}

/** A run in which processes died, for whoever runs those files once more. */
export interface CrashReport {
  readonly crashes: readonly Crash[];
  /** Everything else. */
  readonly others: Totals;
}

/** The environment variable that names the file for a {@link CrashReport}; without it a crash counts as a failure. */
export const CRASH_REPORT_VARIABLE = "ANTIPHON_TEST_CRASH_REPORT";
/** The environment variable with the {@link CrashReport} whose files a run takes, and whose totals it adds to its own. */
export const RERUN_VARIABLE = "ANTIPHON_TEST_RERUN";

/** By these a process dies of a fault of the engine or of native code; by others, such as SIGTERM, somebody ends it. */
const CRASH = /with signal (SIG(?:TRAP|ILL|ABRT|SEGV|BUS|FPE)) .*while running test files? (.+)$/;

/** The crashes among the errors of a run that belong to no test. */
export function crashesOf(errors: readonly unknown[], root: string): readonly Crash[] {
  return errors.flatMap((error) => {
    const { cause, message } = error as { readonly cause?: { readonly message?: string }; readonly message?: string };
    const [, signal, files] = CRASH.exec(cause?.message ?? message ?? "") ?? [];
    if (signal === undefined || files === undefined) return [];
    return files.split(", ").map((path) => ({ file: relative(root, path).split(sep).join("/"), signal }));
  });
}

/** Where this run writes its {@link CrashReport}; undefined when nobody would run the files again. */
export function crashReportPath(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return environment[CRASH_REPORT_VARIABLE];
}

/** The run that this one repeats in part; undefined when it is a run of its own. */
export function repeatedRun(environment: Readonly<Record<string, string | undefined>>): CrashReport | undefined {
  const text = environment[RERUN_VARIABLE];
  return text === undefined ? undefined : (JSON.parse(text) as CrashReport);
}

/** Writes a report for {@link takeCrashReport}. */
export function writeCrashReport(path: string, report: CrashReport): void {
  writeFileSync(path, JSON.stringify(report));
}

/** Reads a report, which is then gone; undefined when no process died. */
export function takeCrashReport(path: string): CrashReport | undefined {
  if (!existsSync(path)) return undefined;
  const report = JSON.parse(readFileSync(path, "utf8")) as CrashReport;
  rmSync(path);
  return report;
}

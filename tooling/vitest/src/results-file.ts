import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One test as it last ended. */
export interface RecordedTest {
  /** The titles of its suites and its own, joined by ` > `. */
  readonly title: string;
  /** How it ended. */
  readonly state: "passed" | "failed" | "skipped";
}

/** One test file as it last ran. */
export interface RecordedFile {
  /** When its run ended, in milliseconds since the Unix epoch. */
  readonly endedAtMs: number;
  /** Its tests in the order of the file. */
  readonly tests: readonly RecordedTest[];
}

/** What is known of every test file, by its path from the root of the project, with forward slashes. */
export type TestResults = Readonly<Record<string, RecordedFile>>;

/** Where the results of a project are kept. */
export function resultsPath(root: string): string {
  return join(root, "node_modules", ".cache", "antiphon", "test-results.json");
}

/** The results of the last run of each test file that still exists; empty when nothing ran yet. */
export function readTestResults(root: string): TestResults {
  const path = resultsPath(root);
  if (!existsSync(path)) return {};
  const recorded = JSON.parse(readFileSync(path, "utf8")) as TestResults;
  return Object.fromEntries(Object.entries(recorded).filter(([file]) => existsSync(join(root, file))));
}

/** Replaces the results of the files that ran, and keeps those of the others: a run of one package forgets no other. */
export function mergeTestResults(root: string, ran: TestResults): void {
  const path = resultsPath(root);
  mkdirSync(dirname(path), { recursive: true });
  // Written beside and renamed, so that a reader, or a second run, never sees half a file.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ ...readTestResults(root), ...ran }, null, 1));
  renameSync(draft, path);
}

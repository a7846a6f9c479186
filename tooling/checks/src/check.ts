import type { Workspace } from "./workspace.ts";

/** What a check found. */
export interface CheckResult {
  /** One for each thing that must be put right: where it is, the rule, and what to do. */
  readonly problems: readonly string[];
  /** What is worth printing although nothing is wrong. */
  readonly notes?: readonly string[];
}

/** Something that must hold of the whole project. */
export interface Check {
  /** How it is called on the command line. */
  readonly name: string;
  /** What it makes sure of, in half a sentence. */
  readonly title: string;
  /** Looks, and says what it found. */
  run(workspace: Workspace): CheckResult | Promise<CheckResult>;
}

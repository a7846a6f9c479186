import type { Comment, Node, Program } from "oxc-parser";
import type { Limits } from "./limits.ts";
import type { NodeOf } from "./syntax/node.ts";
import type { Scope } from "./syntax/scope.ts";
import type { SourceText, Span } from "./syntax/source-text.ts";

/** How bad a finding is: an `error` is likely a fault, a `warning` costs whoever maintains it, a `note` is worth a look. */
export type FindingSeverity = "note" | "warning" | "error";

/** What a rule sees of the file while it is walked. */
export interface RuleContext {
  readonly source: SourceText;
  readonly program: Program;
  readonly comments: readonly Comment[];
  readonly limits: Limits;
  /** The nodes around the current one, from the outermost; the last is its parent. */
  readonly ancestors: readonly Node[];
  /** The names that are visible at the current node. Complete only after the walk, so judge them in {@link RuleContext.later}. */
  readonly scope: Scope;
  /** Runs after the walk, when every name of the file is known. */
  later(judge: () => void): void;
  /** Makes a finding. `identity` tells it from others of its rule where the line's text will not do. */
  report(at: Span, message: string, identity?: string): void;
}

/** What a rule does at each type of node; `end` is called once after the walk. */
export type RuleHandlers = { readonly [Type in Node["type"]]?: (node: NodeOf<Type>) => void } & {
  readonly end?: () => void;
};

/** A rule that looks at the nodes of a file. */
export interface Rule<Id extends string = string> {
  readonly id: Id;
  readonly severity: FindingSeverity;
  /** What it finds, in half a sentence. */
  readonly summary: string;
  /** Called once for each file. */
  readonly check: (context: RuleContext) => RuleHandlers;
}

/** Gives a rule the type of its name. */
export function defineRule<const Id extends string>(rule: Rule<Id>): Rule<Id> {
  return rule;
}

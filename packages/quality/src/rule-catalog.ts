import { awaitInLoopRule } from "./performance/await-in-loop.ts";
import { jsonCloneRule } from "./performance/json-clone.ts";
import { quadraticCopyRule } from "./performance/quadratic-copy.ts";
import { regexInLoopRule } from "./performance/regex-in-loop.ts";
import { syncInAsyncRule } from "./performance/sync-in-async.ts";
import type { FindingSeverity } from "./rule.ts";
import { commandInjectionRule } from "./security/command-injection.ts";
import { dynamicCodeRule } from "./security/dynamic-code.ts";
import { hardcodedSecretRule } from "./security/hardcoded-secret.ts";
import { pathTraversalRule } from "./security/path-traversal.ts";
import { regexExponentialRule, regexPolynomialRule } from "./security/regex-backtracking.ts";
import { caseFallthroughRule } from "./style/case-fallthrough.ts";
import { debuggerRule } from "./style/debugger.ts";
import { emptyBlockRule } from "./style/empty-block.ts";
import { explicitAnyRule } from "./style/explicit-any.ts";
import { looseEqualityRule } from "./style/loose-equality.ts";
import { namingRule } from "./style/naming.ts";
import { nestedTernaryRule } from "./style/nested-ternary.ts";
import { throwLiteralRule } from "./style/throw-literal.ts";
import { todoCommentRule } from "./style/todo-comment.ts";
import { varRule } from "./style/var.ts";

/** The rules that look at nodes. */
export const nodeRules = [
  awaitInLoopRule,
  jsonCloneRule,
  quadraticCopyRule,
  regexInLoopRule,
  syncInAsyncRule,
  commandInjectionRule,
  dynamicCodeRule,
  hardcodedSecretRule,
  pathTraversalRule,
  regexExponentialRule,
  regexPolynomialRule,
  caseFallthroughRule,
  debuggerRule,
  emptyBlockRule,
  explicitAnyRule,
  looseEqualityRule,
  namingRule,
  nestedTernaryRule,
  throwLiteralRule,
  todoCommentRule,
  varRule,
] as const;

/** What is known of a rule without running it. */
export interface RuleDescription {
  /** Its name: `security/dynamic-code`. */
  readonly id: RuleId;
  /** How bad its findings are unless the settings say otherwise. */
  readonly severity: FindingSeverity;
  /** What it finds, in half a sentence. */
  readonly summary: string;
}

/** The rules that look at figures and at whole files. */
const measureRules = [
  { id: "complexity/cyclomatic", severity: "warning", summary: "a function has too many ways through it" },
  { id: "complexity/cognitive", severity: "warning", summary: "a function is too hard to follow" },
  { id: "complexity/function-lines", severity: "note", summary: "a function is too long" },
  { id: "complexity/file-lines", severity: "note", summary: "a file is too long" },
  { id: "complexity/parameters", severity: "warning", summary: "a function has too many parameters" },
  { id: "complexity/nesting-depth", severity: "warning", summary: "a function is nested too deep" },
  { id: "documentation/missing", severity: "note", summary: "something is exported without a word of documentation" },
  { id: "duplication/repeated-code", severity: "warning", summary: "code is repeated" },
  { id: "parse/syntax-error", severity: "error", summary: "a file is not valid JavaScript or TypeScript" },
  { id: "parse/too-large", severity: "warning", summary: "a file is too large to be looked at" },
  { id: "parse/too-nested", severity: "warning", summary: "a file nests too deep to be looked at" },
  { id: "parse/unreadable", severity: "error", summary: "a file cannot be read" },
  { id: "suppression/no-reason", severity: "error", summary: "a finding is suppressed without a reason" },
  { id: "suppression/unknown-rule", severity: "error", summary: "a suppression names no rule there is" },
  { id: "suppression/unused", severity: "warning", summary: "a suppression with nothing to suppress" },
] as const;

/** The name of a rule. */
export type RuleId = (typeof nodeRules)[number]["id"] | (typeof measureRules)[number]["id"];

/** Every rule there is. */
export const ruleCatalog: ReadonlyMap<RuleId, RuleDescription> = new Map(
  [...nodeRules, ...measureRules].map(({ id, severity, summary }) => [id, { id, severity, summary }]),
);

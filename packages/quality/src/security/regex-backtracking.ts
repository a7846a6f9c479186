import type { Node } from "oxc-parser";
import { defineRule, type RuleContext, type RuleHandlers } from "../rule.ts";
import { constantText } from "./constant-text.ts";
import { judgeBacktracking, type Backtracking } from "./backtracking.ts";

function isValid(pattern: string, flags: string): boolean {
  try {
    return new RegExp(pattern, flags) instanceof RegExp;
  } catch {
    // A pattern that does not compile throws where it stands; that is no matter of time.
    return false;
  }
}

/** Looks at every pattern of a file: those between slashes, and those that `RegExp` compiles from a fixed text. */
function eachPattern(context: RuleContext, wanted: Backtracking, message: string): RuleHandlers {
  const judge = (node: Node, pattern: string, flags: string) => {
    if (isValid(pattern, flags) && judgeBacktracking(pattern, flags) === wanted) context.report(node, message);
  };
  const compile = (node: Extract<Node, { type: "NewExpression" | "CallExpression" }>) => {
    if (node.callee.type !== "Identifier" || node.callee.name !== "RegExp") return;
    const [pattern, flags] = node.arguments;
    if (pattern === undefined || (pattern.type === "Literal" && typeof pattern.value !== "string")) return;
    const { scope } = context;
    context.later(() => {
      const text = constantText(pattern, scope);
      const letters = flags === undefined ? "" : constantText(flags, scope);
      if (text !== undefined && letters !== undefined) judge(node, text, letters);
    });
  };
  return {
    Literal(node) {
      if ("regex" in node) judge(node, node.regex.pattern, node.regex.flags);
    },
    NewExpression: compile,
    CallExpression: compile,
  };
}

/** Finds patterns that a text of some dozen characters can keep busy for ever. */
export const regexExponentialRule = defineRule({
  id: "security/regex-exponential",
  severity: "error",
  summary: "a pattern whose time doubles with each character",
  check: (context) =>
    eachPattern(
      context,
      "exponential",
      "Some texts of a few dozen characters keep this pattern busy for ever: no part that repeats may match the same text in two ways.",
    ),
});

/** Finds patterns whose time grows with the square of the text's length, or worse. */
export const regexPolynomialRule = defineRule({
  id: "security/regex-polynomial",
  severity: "note",
  summary: "a pattern whose time grows with the square of the text or worse",
  check: (context) =>
    eachPattern(
      context,
      "polynomial",
      "Time grows with the square of the text or worse: bound the text's length, or let neighbouring quantifiers match different characters.",
    ),
});

import type { Node } from "oxc-parser";
import { defineRule } from "../rule.ts";

/** Whether control can reach what follows a statement, as far as its form tells. */
function endsFlow(node: Node | null | undefined): boolean {
  switch (node?.type) {
    case "BreakStatement":
    case "ContinueStatement":
    case "ReturnStatement":
    case "ThrowStatement":
      return true;
    case "BlockStatement":
      return node.body.some(endsFlow);
    case "IfStatement":
      return endsFlow(node.consequent) && endsFlow(node.alternate);
    case "TryStatement":
      return (
        endsFlow(node.finalizer) || (endsFlow(node.block) && (node.handler === null || endsFlow(node.handler.body)))
      );
    case "SwitchStatement":
    case "WhileStatement":
    case "ForStatement":
    case "DoWhileStatement":
      return endsForGood(node);
    case "ExpressionStatement":
      // `process.exit()` does not come back.
      return (
        node.expression.type === "CallExpression" &&
        node.expression.callee.type === "MemberExpression" &&
        node.expression.callee.property.type === "Identifier" &&
        node.expression.callee.property.name === "exit"
      );
    default:
      return false;
  }
}

/** A structure that only a `return` or `throw` within can end; judged kindly, since a `break` within may be its own. */
function endsForGood(node: Node): boolean {
  if (node.type === "SwitchStatement") {
    const last = node.cases.at(-1);
    return node.cases.some(({ test }) => test === null) && last?.consequent.some(endsFlow) === true;
  }
  const test =
    node.type === "WhileStatement" || node.type === "DoWhileStatement" || node.type === "ForStatement"
      ? node.test
      : null;
  return test === null || (test.type === "Literal" && test.value === true);
}

/** Finds a case that runs on into the next one without a comment that says so. */
export const caseFallthroughRule = defineRule({
  id: "style/case-fallthrough",
  severity: "warning",
  summary: "a case runs on into the next",
  check(context) {
    const isExplained = (from: number, to: number) =>
      context.comments.some(
        ({ value, start, end }) => start >= from && end <= to && /falls?[\s-]?through/i.test(value),
      );
    return {
      SwitchStatement(node) {
        for (const [index, each] of node.cases.entries()) {
          const next = node.cases[index + 1];
          const last = each.consequent.at(-1);
          if (next === undefined || last === undefined || each.consequent.some(endsFlow)) continue;
          const from = last.type === "BlockStatement" ? last.start : last.end;
          if (isExplained(from, next.start)) continue;
          context.report(
            { start: next.start, end: next.start + 4 },
            "The case above runs on into this one: end it with `break`, or say `falls through` in a comment.",
          );
        }
      },
    };
  },
});

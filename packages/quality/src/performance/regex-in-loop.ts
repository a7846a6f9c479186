import type { Node } from "oxc-parser";
import { defineRule } from "../rule.ts";
import { constantText } from "../security/constant-text.ts";
import { enclosingLoop } from "./enclosing.ts";

/** Finds patterns that are compiled anew in every turn of a loop although their text never changes. */
export const regexInLoopRule = defineRule({
  id: "performance/regex-in-loop",
  severity: "warning",
  summary: "the same pattern is compiled in every turn of a loop",
  check(context) {
    const look = (node: Extract<Node, { type: "NewExpression" | "CallExpression" }>) => {
      if (node.callee.type !== "Identifier" || node.callee.name !== "RegExp") return;
      const [pattern] = node.arguments;
      if (pattern === undefined || enclosingLoop(context.ancestors, node) === undefined) return;
      const { scope } = context;
      context.later(() => {
        if (constantText(pattern, scope) === undefined) return;
        context.report(node, "This compiles the same pattern in every turn: make it once, outside of the loop.");
      });
    };
    return { NewExpression: look, CallExpression: look };
  },
});

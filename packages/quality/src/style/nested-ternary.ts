import { defineRule } from "../rule.ts";

/** Finds a conditional expression that is a branch of another; a chain that goes on only in its last branch reads like else-if. */
export const nestedTernaryRule = defineRule({
  id: "style/nested-ternary",
  severity: "warning",
  summary: "a conditional expression within another's condition or first branch",
  check: (context) => ({
    ConditionalExpression(node) {
      const parent = context.ancestors.at(-1);
      if (parent?.type !== "ConditionalExpression" || parent.alternate === node) return;
      context.report(node, "Give this inner conditional expression a name or a statement of its own.");
    },
  }),
});

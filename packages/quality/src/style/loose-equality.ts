import type { Node } from "oxc-parser";
import { defineRule } from "../rule.ts";

const isNull = (node: Node) =>
  node.type === "Literal" && node.value === null && !("regex" in node) && !("bigint" in node);

/** Finds `==` and `!=`, except against `null`, where they are the short way to ask for null or undefined. */
export const looseEqualityRule = defineRule({
  id: "style/loose-equality",
  severity: "warning",
  summary: "== or != converts what it compares",
  check: (context) => ({
    BinaryExpression(node) {
      if (node.operator !== "==" && node.operator !== "!=") return;
      if (isNull(node.left) || isNull(node.right)) return;
      // `typeof x == "string"` compares two strings whatever happens.
      if (node.left.type === "UnaryExpression" && node.left.operator === "typeof") return;
      context.report(node, `Use \`${node.operator}=\`: \`${node.operator}\` converts its operands before it compares.`);
    },
  }),
});

import { defineRule } from "../rule.ts";
import { unwrap } from "../syntax/node.ts";

const plain = new Set(["Literal", "TemplateLiteral", "ObjectExpression", "ArrayExpression"]);

/** Finds `throw "text"`: what is thrown has no stack and is no Error for whoever catches it. */
export const throwLiteralRule = defineRule({
  id: "style/throw-literal",
  severity: "warning",
  summary: "something is thrown that is no Error",
  check: (context) => ({
    ThrowStatement(node) {
      if (plain.has(unwrap(node.argument).type)) context.report(node, "Throw an Error: this has no stack and no type.");
    },
  }),
});

import type { Node } from "oxc-parser";
import { unwrap } from "../syntax/node.ts";
import type { Scope } from "../syntax/scope.ts";
import { constantText } from "./constant-text.ts";

const DEEPEST = 8;

function search(wrapped: Node, scope: Scope, depth: number): boolean {
  if (depth > DEEPEST) return false;
  const node = unwrap(wrapped);
  switch (node.type) {
    case "TemplateLiteral":
      return node.expressions.some((expression) => constantText(expression, scope) === undefined);
    case "BinaryExpression":
      return (
        node.operator === "+" &&
        (constantText(node.left, scope) === undefined || constantText(node.right, scope) === undefined)
      );
    case "ConditionalExpression":
      return search(node.consequent, scope, depth + 1) || search(node.alternate, scope, depth + 1);
    case "CallExpression": {
      // `[a, b].join(" ")` and `"…".concat(x)` put texts together as well.
      const { callee } = node;
      if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return false;
      const { object } = callee;
      if (callee.property.name === "concat" && object.type === "Literal") return true;
      if (callee.property.name !== "join" || object.type !== "ArrayExpression") return false;
      return object.elements.some((element) => element !== null && constantText(element, scope) === undefined);
    }
    case "Identifier": {
      const binding = scope.lookup(node.name);
      return (binding?.values ?? []).some(({ from, member }) => member === undefined && search(from, scope, depth + 1));
    }
    default:
      return false;
  }
}

/** Whether an expression puts a text together from parts that may vary, directly or by way of a variable. */
export function isInterpolatedText(node: Node, scope: Scope): boolean {
  return search(node, scope, 0);
}

import type { Node } from "oxc-parser";
import { propertyName, unwrap, type NodeOf } from "../syntax/node.ts";
import type { Scope } from "../syntax/scope.ts";

const DEEPEST = 8;

/** `["a", "b"].join("|")`, as long patterns are often written. */
function foldJoin(node: NodeOf<"CallExpression">, scope: Scope, depth: number): string | undefined {
  const { callee } = node;
  const [separator] = node.arguments;
  if (callee.type !== "MemberExpression" || separator === undefined) return undefined;
  if (propertyName(callee.property, callee.computed) !== "join" || callee.object.type !== "ArrayExpression")
    return undefined;
  const parts = [separator, ...callee.object.elements].map((part) =>
    part === null ? "" : fold(part, scope, depth + 1),
  );
  const [between, ...texts] = parts;
  return parts.includes(undefined) ? undefined : texts.join(between);
}

function fold(wrapped: Node, scope: Scope, depth: number): string | undefined {
  if (depth > DEEPEST) return undefined;
  const node = unwrap(wrapped);
  switch (node.type) {
    case "Literal":
      return String(node.value);
    case "TemplateLiteral": {
      let text = node.quasis[0]?.value.raw ?? "";
      for (const [index, expression] of node.expressions.entries()) {
        const part = fold(expression, scope, depth + 1);
        if (part === undefined) return undefined;
        text += part + (node.quasis[index + 1]?.value.raw ?? "");
      }
      return text;
    }
    case "BinaryExpression": {
      if (node.operator !== "+") return undefined;
      const left = fold(node.left, scope, depth + 1);
      const right = fold(node.right, scope, depth + 1);
      return left === undefined || right === undefined ? undefined : left + right;
    }
    case "CallExpression":
      return foldJoin(node, scope, depth);
    case "Identifier": {
      const binding = scope.lookup(node.name);
      const [only] = binding?.values ?? [];
      if (binding?.kind !== "variable" || binding.values.length !== 1 || only === undefined) return undefined;
      return only.member === undefined ? fold(only.from, scope, depth + 1) : undefined;
    }
    default:
      return undefined;
  }
}

/** The text that an expression always has, as far as the file tells; undefined when it may vary. */
export function constantText(node: Node, scope: Scope): string | undefined {
  return fold(node, scope, 0);
}

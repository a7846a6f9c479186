import type { Node } from "oxc-parser";
import { defineRule } from "../rule.ts";
import { enclosingLoop } from "./enclosing.ts";

/** The names that a literal copies in whole: `[...list, x]`, `{ ...map, [key]: x }`. */
function copiedNames(node: Node): string[] {
  if (node.type !== "ArrayExpression" && node.type !== "ObjectExpression") return [];
  const parts: readonly (Node | null)[] = node.type === "ArrayExpression" ? node.elements : node.properties;
  return parts.flatMap((part) =>
    part?.type === "SpreadElement" && part.argument.type === "Identifier" ? [part.argument.name] : [],
  );
}

/** What a function gives back when it is one expression, or ends with its only `return`. */
function resultOf(node: Node): Node | undefined {
  if (node.type !== "ArrowFunctionExpression" && node.type !== "FunctionExpression") return undefined;
  if (node.body?.type !== "BlockStatement") return node.body ?? undefined;
  const last = node.body.body.at(-1);
  return last?.type === "ReturnStatement" ? (last.argument ?? undefined) : undefined;
}

/** Finds collections that are copied in whole for every element: the time grows with the square of their size. */
export const quadraticCopyRule = defineRule({
  id: "performance/quadratic-copy",
  severity: "warning",
  summary: "a collection is copied in whole for every element",
  check(context) {
    const message = "This copies everything gathered so far for each element: add to one collection instead.";
    return {
      CallExpression(node) {
        const { callee } = node;
        const [reducer] = node.arguments;
        if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return;
        if (callee.property.name !== "reduce" && callee.property.name !== "reduceRight") return;
        if (reducer?.type !== "ArrowFunctionExpression" && reducer?.type !== "FunctionExpression") return;
        const [gathered] = reducer.params;
        const result = resultOf(reducer);
        if (gathered?.type !== "Identifier" || result === undefined) return;
        if (copiedNames(result).includes(gathered.name)) context.report(result, message);
      },
      AssignmentExpression(node) {
        if (node.left.type !== "Identifier" || enclosingLoop(context.ancestors, node) === undefined) return;
        if (copiedNames(node.right).includes(node.left.name)) context.report(node, message);
      },
    };
  },
});

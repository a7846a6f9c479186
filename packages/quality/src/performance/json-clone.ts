import type { Node } from "oxc-parser";
import { defineRule } from "../rule.ts";

const isJsonCall = (node: Node | undefined, method: string) =>
  node?.type === "CallExpression" &&
  node.callee.type === "MemberExpression" &&
  node.callee.object.type === "Identifier" &&
  node.callee.object.name === "JSON" &&
  node.callee.property.type === "Identifier" &&
  node.callee.property.name === method;

/** Finds copies by way of a text. With a replacer, or a reviver, the text is the point. */
export const jsonCloneRule = defineRule({
  id: "performance/json-clone",
  severity: "note",
  summary: "a copy by way of JSON",
  check: (context) => ({
    CallExpression(node) {
      const [inner] = node.arguments;
      if (!isJsonCall(node, "parse") || node.arguments.length !== 1 || !isJsonCall(inner, "stringify")) return;
      if (inner?.type === "CallExpression" && inner.arguments.length === 1) {
        context.report(
          node,
          "`structuredClone` copies without the detour of a text, and keeps dates, maps and undefined.",
        );
      }
    },
  }),
});

import type { Node } from "oxc-parser";
import { defineRule } from "../rule.ts";
import { constantText } from "./constant-text.ts";
import { resolveMember } from "./resolve-member.ts";

const vmCalls = new Set(["runInContext", "runInNewContext", "runInThisContext", "compileFunction", "Script"]);
const suspects = new Set(["eval", "Function", "setTimeout", "setInterval"]);
const globals = new Set(["globalThis", "window", "global", "self"]);

function globalName(callee: Node): string | undefined {
  if (callee.type === "Identifier") return callee.name;
  if (callee.type !== "MemberExpression" || callee.computed || callee.object.type !== "Identifier") return undefined;
  return globals.has(callee.object.name) && callee.property.type === "Identifier" ? callee.property.name : undefined;
}

const isText = (node: Node | undefined) =>
  node?.type === "TemplateLiteral" ||
  (node?.type === "Literal" && typeof node.value === "string") ||
  (node?.type === "BinaryExpression" && node.operator === "+");

/** Finds text that is run as code: `eval`, `new Function`, a timer with a text, `node:vm` with a text that is not fixed. */
export const dynamicCodeRule = defineRule({
  id: "security/dynamic-code",
  severity: "error",
  summary: "text is run as code",
  check(context) {
    const look = (node: Extract<Node, { type: "CallExpression" | "NewExpression" }>) => {
      const { scope } = context;
      const name = globalName(node.callee);
      const [first] = node.arguments;
      const isSuspect = name !== undefined && suspects.has(name);
      if (first === undefined || (!isSuspect && !context.source.mentions("vm"))) return;
      context.later(() => {
        const isGlobal = name !== undefined && scope.lookup(name) === undefined;
        if (isGlobal && (name === "eval" || name === "Function")) {
          // A text that is always the same is the author's own code.
          if (node.arguments.every((argument) => constantText(argument, scope) !== undefined)) return;
          context.report(
            node,
            `\`${name}\` runs a text as code: whoever can change the text can do what this process can.`,
          );
        } else if (isGlobal && (name === "setTimeout" || name === "setInterval") && isText(first)) {
          context.report(node, `\`${name}\` with a text runs it as code: pass a function.`);
        } else {
          const member = resolveMember(node.callee, scope);
          if (member?.module !== "vm" || !vmCalls.has(member.name) || constantText(first, scope) !== undefined) return;
          context.report(
            node,
            `\`vm.${member.name}\` is no sandbox: a text from outside gets all that this process can do.`,
          );
        }
      });
    };
    return { CallExpression: look, NewExpression: look };
  },
});

import type { Node } from "oxc-parser";
import { defineRule } from "../rule.ts";
import { propertyName } from "../syntax/node.ts";
import { isInterpolatedText } from "./interpolated-text.ts";
import { resolveMember } from "./resolve-member.ts";

const shellCalls = new Set(["exec", "execSync"]);
const plainCalls = new Set(["spawn", "spawnSync", "execFile", "execFileSync"]);

/** Whether the options of a call switch the shell on. */
function usesShell(parameters: readonly Node[]): boolean {
  return parameters.some(
    (parameter) =>
      parameter.type === "ObjectExpression" &&
      parameter.properties.some(
        (property) =>
          property.type === "Property" &&
          propertyName(property.key, property.computed) === "shell" &&
          !(property.value.type === "Literal" && property.value.value === false),
      ),
  );
}

/** Finds shell commands that are put together from parts that may vary. */
export const commandInjectionRule = defineRule({
  id: "security/command-injection",
  severity: "error",
  summary: "a shell command is put together from parts that may vary",
  check: (context) => ({
    CallExpression(node) {
      if (!context.source.mentions("child_process")) return;
      const { scope } = context;
      const [command, list] = node.arguments;
      if (command === undefined) return;
      context.later(() => {
        const member = resolveMember(node.callee, scope);
        if (member?.module !== "child_process") return;
        const isShell = shellCalls.has(member.name) || (plainCalls.has(member.name) && usesShell(node.arguments));
        if (!isShell) return;
        const parts =
          list?.type === "ArrayExpression" ? [command, ...list.elements.filter((each) => each !== null)] : [command];
        if (!parts.some((part) => isInterpolatedText(part, scope))) return;
        context.report(
          node,
          `A shell reads this command, and what is put into it can be a command of its own: use \`execFile\` with a list of arguments.`,
        );
      });
    },
  }),
});

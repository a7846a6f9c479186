import { defineRule } from "../rule.ts";
import { resolveMember } from "../security/resolve-member.ts";
import { enclosingFunction } from "./enclosing.ts";

const modules = new Set(["fs", "child_process", "crypto", "zlib"]);

/** Finds calls that block the whole process in functions that could await. */
export const syncInAsyncRule = defineRule({
  id: "performance/sync-in-async",
  severity: "warning",
  summary: "a blocking call in an async function",
  check: (context) => ({
    CallExpression(node) {
      if (!context.source.mentions("Sync")) return;
      const around = enclosingFunction(context.ancestors);
      if (around?.async !== true) return;
      const { scope } = context;
      context.later(() => {
        const member = resolveMember(node.callee, scope);
        if (member === undefined || !modules.has(member.module) || !member.name.endsWith("Sync")) return;
        context.report(
          node.callee,
          `\`${member.name}\` blocks every other task of the process: await its asynchronous form.`,
        );
      });
    },
  }),
});

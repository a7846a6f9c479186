import { defineRule } from "../rule.ts";

/** Finds `debugger`, which stops whoever runs the code with an inspector attached. */
export const debuggerRule = defineRule({
  id: "style/debugger",
  severity: "error",
  summary: "a debugger statement was left behind",
  check: (context) => ({
    DebuggerStatement: (node) => context.report(node, "Remove this `debugger` statement."),
  }),
});

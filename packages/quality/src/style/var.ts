import { defineRule } from "../rule.ts";

/** Finds `var`, whose names leak out of their block. */
export const varRule = defineRule({
  id: "style/var",
  severity: "warning",
  summary: "var where const or let would do",
  check: (context) => ({
    VariableDeclaration(node) {
      // `declare var` and the `declare global` block of TypeScript have no other way to say it.
      if (node.kind !== "var" || node.declare === true) return;
      if (context.ancestors.some(({ type }) => type === "TSModuleDeclaration")) return;
      context.report(
        { start: node.start, end: node.start + 3 },
        "Use `const` or `let`: a `var` leaks out of its block.",
      );
    },
  }),
});

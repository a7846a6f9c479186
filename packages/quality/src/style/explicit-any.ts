import { defineRule } from "../rule.ts";

/** Finds `any`, behind which the compiler checks nothing. */
export const explicitAnyRule = defineRule({
  id: "style/explicit-any",
  severity: "warning",
  summary: "any switches the compiler off",
  check: (context) => ({
    TSAnyKeyword: (node) =>
      context.report(node, "Use `unknown`, or the type it has: the compiler checks nothing behind `any`."),
  }),
});

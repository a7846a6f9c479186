import type { Span } from "../syntax/source-text.ts";
import { defineRule } from "../rule.ts";
import { isLoop } from "../syntax/node.ts";

/** Finds blocks that do nothing and don't say why; most of all errors that are swallowed. Functions may be empty. */
export const emptyBlockRule = defineRule({
  id: "style/empty-block",
  severity: "warning",
  summary: "a block that does nothing and does not say why",
  check(context) {
    const isExplained = (block: Span) =>
      context.comments.some(({ start, end }) => start >= block.start && end <= block.end);
    return {
      BlockStatement(node) {
        if (node.body.length > 0) return;
        const parent = context.ancestors.at(-1);
        const isCatch = parent?.type === "CatchClause";
        const isBranch = parent?.type === "IfStatement" || parent?.type === "TryStatement";
        // An empty loop body is idiomatic where the head does the work.
        if ((!isCatch && !isBranch) || isLoop(parent) || isExplained(node)) return;
        const message = isCatch
          ? "This swallows every error: handle it, or say in a comment why it may be lost."
          : "This block is empty: remove it, or say in a comment why nothing is to be done.";
        context.report(node, message);
      },
    };
  },
});

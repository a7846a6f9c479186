import { defineRule } from "../rule.ts";

/** Finds comments that put work off. */
export const todoCommentRule = defineRule({
  id: "style/todo-comment",
  severity: "note",
  summary: "a comment puts work off",
  check: (context) => ({
    end() {
      for (const comment of context.comments) {
        const mark = /^[\s*]*(TODO|FIXME|XXX|HACK)\b/m.exec(comment.value)?.[1];
        if (mark !== undefined)
          context.report(comment, `A ${mark} is work that nobody planned: do it, or write an issue and name it.`);
      }
    },
  }),
});

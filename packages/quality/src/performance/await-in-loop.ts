import type { Node } from "oxc-parser";
import { defineRule } from "../rule.ts";
import { isFunction } from "../syntax/node.ts";
import { walk } from "../syntax/walk.ts";
import { enclosingLoop } from "./enclosing.ts";

/**
 * Whether one turn of a loop may depend on the turn before: it can end early, or it changes something that was declared outside.
 * Then its waits have an order that cannot be given up.
 */
function turnsDepend(loop: Node): boolean {
  let depends = false;
  const own = new Set<string>();
  walk(
    loop,
    (node, parent) => {
      if (node.type === "VariableDeclarator" && node.id.type === "Identifier") own.add(node.id.name);
      const leaves =
        node.type === "BreakStatement" ||
        node.type === "ReturnStatement" ||
        node.type === "ThrowStatement" ||
        node.type === "TryStatement" ||
        node.type === "YieldExpression";
      // A `return` in a callback ends only the callback; telling them apart is not worth it: silence is the safe side.
      if (leaves && !isFunction(parent)) depends = true;
      if (node.type === "AssignmentExpression" && (node.left.type !== "Identifier" || !own.has(node.left.name)))
        depends = true;
      if (node.type === "UpdateExpression" && node.argument.type === "Identifier" && !own.has(node.argument.name))
        depends = true;
    },
    () => {},
  );
  return depends;
}

/** Finds waits in a loop whose turns don't depend on each other, so that they could wait together. */
export const awaitInLoopRule = defineRule({
  id: "performance/await-in-loop",
  severity: "note",
  summary: "a loop waits for each turn although the turns don't depend on each other",
  check(context) {
    const judged = new Map<Node, boolean>();
    return {
      AwaitExpression(node) {
        const loop = enclosingLoop(context.ancestors, node);
        // A `while` waits for a condition, and `for await` for its source: both are in order by nature.
        if (loop?.type !== "ForOfStatement" && loop?.type !== "ForStatement" && loop?.type !== "ForInStatement") return;
        if (loop.type === "ForOfStatement" && loop.await) return;
        if (loop.type === "ForStatement" && loop.test === null) return;
        const depends = judged.get(loop) ?? turnsDepend(loop);
        if (!judged.has(loop) && !depends) {
          context.report(
            node,
            "Each turn waits for the one before, on which it does not depend: collect the promises and await them together, in bounded groups.",
          );
        }
        judged.set(loop, depends);
      },
    };
  },
});

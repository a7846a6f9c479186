import type { Node } from "oxc-parser";
import { enclosingFunction } from "../performance/enclosing.ts";
import { defineRule, type RuleContext } from "../rule.ts";
import { propertyName, type AnyFunction } from "../syntax/node.ts";
import { isRequestInput } from "./request-input.ts";
import { resolveMember } from "./resolve-member.ts";

const fileModules = new Set(["fs", "fs-extra", "graceful-fs"]);
const replies = new Set(["sendFile", "download"]);

/** What a program does to a path before it uses it, when it cares: the file is asked for it in the function of the call. */
const guards = /\.startsWith\(|\brelative\(|\bisAbsolute\(|\.includes\(\s*["'`]\.\.|\.indexOf\(\s*["'`]\.\.|realpath/;

/** `response.sendFile(path)` without a `root` beside it. */
function isUnrootedReply(node: Extract<Node, { type: "CallExpression" }>): boolean {
  const { callee } = node;
  if (callee.type !== "MemberExpression" || !replies.has(propertyName(callee.property, callee.computed) ?? ""))
    return false;
  return !node.arguments.some(
    (argument) =>
      argument.type === "ObjectExpression" &&
      argument.properties.some(
        (property) => property.type === "Property" && propertyName(property.key, property.computed) === "root",
      ),
  );
}

function isGuarded(context: RuleContext, around: AnyFunction | undefined): boolean {
  return around !== undefined && guards.test(context.source.text.slice(around.start, around.end));
}

/** Finds file paths that a request decides and that nothing keeps within a folder. */
export const pathTraversalRule = defineRule({
  id: "security/path-traversal",
  severity: "error",
  summary: "a request decides which file is touched",
  check: (context) => ({
    CallExpression(node) {
      const { scope } = context;
      const [path] = node.arguments;
      const isReply = isUnrootedReply(node);
      if (path === undefined || (!isReply && !context.source.mentions("fs"))) return;
      const around = enclosingFunction(context.ancestors);
      context.later(() => {
        const isFileCall = fileModules.has(resolveMember(node.callee, scope)?.module ?? "") || isReply;
        if (!isFileCall || !isRequestInput(path, scope) || isGuarded(context, around)) return;
        context.report(
          path,
          "A request decides this path, and `..` leads out of the folder: resolve it and make sure that it starts with the folder.",
        );
      });
    },
  }),
});

import type { Node } from "oxc-parser";
import { isFunction, isLoop, type AnyFunction } from "../syntax/node.ts";

/** The innermost function around a node, of its ancestors from the outermost. */
export function enclosingFunction(ancestors: readonly Node[]): AnyFunction | undefined {
  const found = ancestors.findLast(isFunction);
  return found === undefined || !isFunction(found) ? undefined : found;
}

/**
 * The innermost loop whose body a node is in, within its own function; undefined when a function lies between. `node` is needed
 * because the head of a loop runs once: what a for-of goes through is evaluated before it.
 */
export function enclosingLoop(ancestors: readonly Node[], node: Node): Node | undefined {
  for (let index = ancestors.length - 1; index >= 0; index--) {
    const ancestor = ancestors[index];
    if (isFunction(ancestor)) return undefined;
    const child = ancestors[index + 1] ?? node;
    if (isLoop(ancestor) && ancestor.body === child) return ancestor;
  }
  return undefined;
}

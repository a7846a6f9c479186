import type { ArrowFunctionExpression, Function as FunctionNode, Node } from "oxc-parser";

type Matching<Type, Candidate> = Candidate extends { readonly type: unknown }
  ? Type extends Candidate["type"]
    ? Candidate
    : never
  : never;

/** The nodes of a type; a type such as `Literal` belongs to several kinds of node. */
export type NodeOf<Type extends Node["type"]> = Matching<Type, Node>;

/** A function of any form. */
export type AnyFunction = FunctionNode | ArrowFunctionExpression;

/** Whether a node is a function with a body of its own. */
export function isFunction(node: Node | undefined): node is AnyFunction {
  return (
    node?.type === "ArrowFunctionExpression" ||
    node?.type === "FunctionExpression" ||
    node?.type === "FunctionDeclaration"
  );
}

/** Whether a node repeats what is in it. */
export function isLoop(
  node: Node | undefined,
): node is NodeOf<"ForStatement" | "ForInStatement" | "ForOfStatement" | "WhileStatement" | "DoWhileStatement"> {
  switch (node?.type) {
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
      return true;
    default:
      return false;
  }
}

/** The name by which a property is read or defined, where it is written out. */
export function propertyName(key: Node, computed: boolean): string | undefined {
  if (key.type === "Literal") return typeof key.value === "string" ? key.value : undefined;
  if (computed) return undefined;
  return key.type === "Identifier" || key.type === "PrivateIdentifier" ? key.name : undefined;
}

/** What an expression comes to once casts, `await`, non-null marks and optional chains are taken off. */
export function unwrap(node: Node): Node {
  switch (node.type) {
    case "ChainExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "ParenthesizedExpression":
      return unwrap(node.expression);
    case "AwaitExpression":
      return unwrap(node.argument);
    default:
      return node;
  }
}

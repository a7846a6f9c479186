import type { Node } from "oxc-parser";
import { isFunction, propertyName, unwrap } from "../syntax/node.ts";
import type { BoundValue, Scope } from "../syntax/scope.ts";

const DEEPEST = 10;
const requests = new Set(["req", "request", "ctx", "context", "event"]);
const fields = new Set([
  "params",
  "query",
  "body",
  "url",
  "originalUrl",
  "path",
  "headers",
  "cookies",
  "files",
  "file",
  "queryStringParameters",
  "pathParameters",
]);
/** Calls after which a text can no longer climb out of a folder, or is none any more. */
const cleaning = new Set(["basename", "parseInt", "Number", "Boolean", "createHash", "randomUUID", "isInteger"]);

const isRequest = (node: Node): boolean =>
  (node.type === "Identifier" && requests.has(node.name)) ||
  // Koa keeps the request in its context.
  (node.type === "MemberExpression" &&
    isRequest(node.object) &&
    propertyName(node.property, node.computed) === "request");

const calledName = (callee: Node): string | undefined =>
  callee.type === "MemberExpression"
    ? propertyName(callee.property, callee.computed)
    : callee.type === "Identifier"
      ? callee.name
      : undefined;

function comesFromRequest({ from, member }: BoundValue, scope: Scope, depth: number): boolean {
  return (member !== undefined && fields.has(member) && isRequest(unwrap(from))) || search(from, scope, depth + 1);
}

function searchMember(node: Extract<Node, { type: "MemberExpression" }>, scope: Scope, depth: number): boolean {
  const name = propertyName(node.property, node.computed);
  if (name === "length") return false;
  if (name !== undefined && fields.has(name) && isRequest(unwrap(node.object))) return true;
  return search(node.object, scope, depth + 1);
}

function search(wrapped: Node, scope: Scope, depth: number): boolean {
  if (depth > DEEPEST) return false;
  const node = unwrap(wrapped);
  const any = (parts: readonly (Node | null)[]) =>
    parts.some((part) => part !== null && search(part, scope, depth + 1));
  switch (node.type) {
    case "Identifier":
      return (scope.lookup(node.name)?.values ?? []).some((value) => comesFromRequest(value, scope, depth));
    case "MemberExpression":
      return searchMember(node, scope, depth);
    case "TemplateLiteral":
      return any(node.expressions);
    case "BinaryExpression":
      return node.operator === "+" && any([node.left, node.right]);
    case "LogicalExpression":
      return any([node.left, node.right]);
    case "ConditionalExpression":
      return any([node.consequent, node.alternate]);
    case "CallExpression":
    case "NewExpression": {
      if (cleaning.has(calledName(node.callee) ?? "")) return false;
      const of = node.callee.type === "MemberExpression" ? [node.callee.object] : [];
      return any([...of, ...node.arguments.filter((argument) => !isFunction(argument))]);
    }
    case "SpreadElement":
      return search(node.argument, scope, depth + 1);
    default:
      return false;
  }
}

/** Whether a value comes from an HTTP request, by the names that web frameworks give it, and was not made harmless on the way. */
export function isRequestInput(node: Node, scope: Scope): boolean {
  return search(node, scope, 0);
}

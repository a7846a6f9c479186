import type { Node } from "oxc-parser";
import { propertyName, type AnyFunction } from "../syntax/node.ts";

function nameOfTarget(target: Node): string | undefined {
  if (target.type === "Identifier") return target.name;
  return target.type === "MemberExpression" ? propertyName(target.property, target.computed) : undefined;
}

/** The name under which a function is known where it stands. */
export function functionName(node: AnyFunction, parent: Node | undefined): string {
  if (node.id !== null) return node.id.name;
  switch (parent?.type) {
    case "VariableDeclarator":
      return nameOfTarget(parent.id) ?? "(anonymous)";
    case "AssignmentExpression":
      return nameOfTarget(parent.left) ?? "(anonymous)";
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      return propertyName(parent.key, parent.computed) ?? "(anonymous)";
    default:
      return "(anonymous)";
  }
}

import type { Node } from "oxc-parser";
import { propertyName } from "./node.ts";
import type { Binding, BoundValue, Scope } from "./scope.ts";

/** Calls back for every name in a pattern, with what the pattern takes out of the value. */
function eachName(
  pattern: Node,
  value: BoundValue | undefined,
  found: (name: string, value?: BoundValue) => void,
): void {
  switch (pattern.type) {
    case "Identifier":
      found(pattern.name, value);
      return;
    case "AssignmentPattern":
      eachName(pattern.left, value, found);
      return;
    case "RestElement":
      eachName(pattern.argument, value, found);
      return;
    case "TSParameterProperty":
      eachName(pattern.parameter, value, found);
      return;
    case "ArrayPattern":
      for (const element of pattern.elements) if (element !== null) eachName(element, value, found);
      return;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        if (property.type === "RestElement") eachName(property.argument, value, found);
        else {
          const member = propertyName(property.key, property.computed);
          // A member of a member is as far from its source as the member itself: it keeps the outer one's value.
          const taken = value === undefined || value.member !== undefined ? value : { from: value.from, member };
          eachName(property.value, taken, found);
        }
      }
      return;
    default:
      return;
  }
}

function declareImports(node: Extract<Node, { type: "ImportDeclaration" }>, scope: Scope): void {
  const module = node.source.value;
  for (const specifier of node.specifiers) {
    let name = "*";
    if (specifier.type === "ImportSpecifier") {
      name = specifier.imported.type === "Identifier" ? specifier.imported.name : specifier.imported.value;
    }
    scope.declare(specifier.local.name, { kind: "import", values: [], imported: { module, name } });
  }
}

/** Records in `scope` the parameters of a function that begins. */
export function declareParameters(parameters: readonly Node[], scope: Scope): void {
  for (const parameter of parameters) {
    eachName(parameter, undefined, (name) => scope.declare(name, { kind: "parameter", values: [] }));
  }
}

/** Records in `scope` what a node declares or assigns. */
export function declareNames(node: Node, scope: Scope): void {
  switch (node.type) {
    case "ImportDeclaration":
      declareImports(node, scope);
      return;
    case "VariableDeclarator": {
      const value = node.init === null ? undefined : { from: node.init };
      const binding = (bound?: BoundValue): Binding => ({
        kind: "variable",
        values: bound === undefined ? [] : [bound],
      });
      eachName(node.id, value, (name, bound) => scope.declare(name, binding(bound)));
      return;
    }
    case "FunctionDeclaration":
    case "ClassDeclaration":
      if (node.id !== null) scope.declare(node.id.name, { kind: "declaration", values: [] });
      return;
    case "AssignmentExpression":
      if (node.left.type === "Identifier") scope.assign(node.left.name, { from: node.right });
      return;
    default:
  }
}

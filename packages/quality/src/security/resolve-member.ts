import type { Node } from "oxc-parser";
import { propertyName, unwrap } from "../syntax/node.ts";
import type { BoundValue, Scope } from "../syntax/scope.ts";

/** A member of a module; the name is `*` for the module itself. */
export interface ModuleMember {
  /** Without `node:`, and `fs` for `fs/promises`. */
  readonly module: string;
  readonly name: string;
}

/** How many steps from name to name are followed. */
const DEEPEST = 8;

const moduleName = (specifier: string) => specifier.replace(/^node:/, "").replace(/\/promises$/, "");

function member(of: ModuleMember | undefined, name: string | undefined): ModuleMember | undefined {
  if (of === undefined || name === undefined) return undefined;
  // `fs.promises.readFile` and the `default` of an import are the module by another way.
  if (of.name !== "*") return undefined;
  return name === "promises" || name === "default" ? of : { module: of.module, name };
}

function resolveCall(
  node: Extract<Node, { type: "CallExpression" }>,
  scope: Scope,
  depth: number,
): ModuleMember | undefined {
  const [first] = node.arguments;
  if (node.callee.type === "Identifier" && node.callee.name === "require") {
    return first?.type === "Literal" && typeof first.value === "string"
      ? { module: moduleName(first.value), name: "*" }
      : undefined;
  }
  // `promisify(exec)` is exec as far as its arguments go.
  const isPromisify = resolve(node.callee, scope, depth + 1)?.name === "promisify";
  return isPromisify && first !== undefined ? resolve(first, scope, depth + 1) : undefined;
}

function resolveValue({ from, member: taken }: BoundValue, scope: Scope, depth: number): ModuleMember | undefined {
  const whole = resolve(from, scope, depth + 1);
  return taken === undefined ? whole : member(whole, taken);
}

function resolve(wrapped: Node, scope: Scope, depth: number): ModuleMember | undefined {
  if (depth > DEEPEST) return undefined;
  const node = unwrap(wrapped);
  switch (node.type) {
    case "Identifier": {
      const binding = scope.lookup(node.name);
      if (binding?.imported !== undefined) {
        const { module, name } = binding.imported;
        return member({ module: moduleName(module), name: "*" }, name === "*" ? "default" : name);
      }
      for (const value of binding?.values ?? []) {
        const found = resolveValue(value, scope, depth);
        if (found !== undefined) return found;
      }
      return undefined;
    }
    case "MemberExpression":
      return member(resolve(node.object, scope, depth + 1), propertyName(node.property, node.computed));
    case "ImportExpression":
      return node.source.type === "Literal" && typeof node.source.value === "string"
        ? { module: moduleName(node.source.value), name: "*" }
        : undefined;
    case "CallExpression":
      return resolveCall(node, scope, depth);
    default:
      return undefined;
  }
}

/** Which member of which module an expression is, by the imports, `require` calls and variables of the file. */
export function resolveMember(node: Node, scope: Scope): ModuleMember | undefined {
  return resolve(node, scope, 0);
}

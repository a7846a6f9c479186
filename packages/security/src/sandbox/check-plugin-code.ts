import { parse, type Node } from "acorn";

/** What a static look at a plugin found; a hint for whoever reads it, never a proof that the code is harmless. */
export interface PluginFinding {
  /** What kind of thing it is. */
  readonly kind: "call" | "import" | "property" | "name" | "syntax";
  /** The name that was found; the parser's words for a syntax error. */
  readonly name: string;
  /** From 1. */
  readonly line: number;
  /** A readable line: `Blocked function call: system`. */
  readonly message: string;
}

/** Options of {@link checkPluginCode}. */
export interface CheckPluginCodeOptions {
  /** Modules that may be imported. None by default. */
  readonly allowedModules?: Iterable<string> | undefined;
}

/** Functions that run programs, code or files' contents; by their own name or as a member of anything. */
const BLOCKED_CALLS = new Set([
  "eval",
  "Function",
  "AsyncFunction",
  "GeneratorFunction",
  "require",
  "system",
  "exec",
  "execFile",
  "execFileSync",
  "execSync",
  "fork",
  "spawn",
  "spawnSync",
  "popen",
  "dlopen",
  "binding",
  "readFile",
  "readFileSync",
  "writeFile",
  "writeFileSync",
  "unlink",
  "unlinkSync",
  "rmSync",
  "createRequire",
]);
/** `exec` is also how a regular expression is asked; on a literal of one it is nothing else. */
const REGEXP_METHODS = new Set(["exec"]);
/** Ways from a value to what made it. */
const BLOCKED_PROPERTIES = new Set(["constructor", "__proto__", "prototype", "__defineGetter__", "__lookupGetter__"]);
/** What a Node process has and a guest has not. */
const BLOCKED_NAMES = new Set([
  "process",
  "globalThis",
  "global",
  "module",
  "Deno",
  "Bun",
  "WebAssembly",
  "SharedArrayBuffer",
]);
const MESSAGES: Readonly<Record<PluginFinding["kind"], string>> = {
  call: "Blocked function call",
  import: "Blocked import",
  property: "Blocked property",
  name: "Blocked name",
  syntax: "Syntax error",
};
const MAXIMUM_FINDINGS = 1_000;

type Fields = Node & Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string";
}

/** The name of an identifier, or the text of a literal. */
function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return node["name"] as string;
  return node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : undefined;
}

/** The name by which a member is read, where it is written out. */
function memberName(node: Fields): string | undefined {
  const { property, computed } = node as unknown as { readonly property: Fields; readonly computed: boolean };
  return computed && property.type === "Identifier" ? undefined : nameOf(property);
}

function calledName(callee: unknown): string | undefined {
  if (!isNode(callee)) return undefined;
  if (callee.type === "Identifier") return nameOf(callee);
  if (callee.type === "ChainExpression" || callee.type === "ParenthesizedExpression")
    return calledName(callee["expression"]);
  if (callee.type !== "MemberExpression") return undefined;
  const name = memberName(callee);
  const { object } = callee;
  const isRegExp = isNode(object) && object.type === "Literal" && object["regex"] !== undefined;
  return name !== undefined && isRegExp && REGEXP_METHODS.has(name) ? undefined : name;
}

type Report = (kind: PluginFinding["kind"], name: string, node: Fields) => void;

function inspect(node: Fields, isAllowed: (module: string) => boolean, report: Report): void {
  switch (node.type) {
    case "CallExpression":
    case "NewExpression":
    case "TaggedTemplateExpression": {
      const name = calledName(node["callee"] ?? node["tag"]);
      if (name !== undefined && BLOCKED_CALLS.has(name)) report("call", name, node);
      return;
    }
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression": {
      if (!isNode(node["source"])) return;
      const name = nameOf(node["source"]);
      if (name === undefined || node["source"].type !== "Literal") report("import", "a name that is worked out", node);
      else if (!isAllowed(name)) report("import", name, node);
      return;
    }
    case "MemberExpression": {
      const name = memberName(node);
      if (name !== undefined && BLOCKED_PROPERTIES.has(name)) report("property", name, node);
      return;
    }
    case "Identifier": {
      const name = nameOf(node) ?? "";
      if (BLOCKED_NAMES.has(name)) report("name", name, node);
      return;
    }
    default:
      return;
  }
}

function parseModule(source: string): Fields | PluginFinding {
  try {
    return parse(source, { ecmaVersion: "latest", sourceType: "module", locations: true }) as unknown as Fields;
  } catch (error) {
    // A SyntaxError says where; a text that nests deeper than the parser's stack throws a RangeError, which does not.
    const { loc } = error as { readonly loc?: { readonly line: number } };
    const name = error instanceof SyntaxError ? error.message : "the code nests too deep";
    return { kind: "syntax", name, line: loc?.line ?? 1, message: `${MESSAGES.syntax}: ${name}` };
  }
}

/**
 * Looks through the text of a plugin without running it, and names what a plugin has no business with. Code that wants to hide
 * something can: what keeps a plugin in is the sandbox.
 */
export function checkPluginCode(source: string, options: CheckPluginCodeOptions = {}): readonly PluginFinding[] {
  const root = parseModule(source);
  if ("kind" in root) return [root as PluginFinding];
  const allowed = new Set(options.allowedModules);
  const findings: PluginFinding[] = [];
  const report: Report = (kind, name, node) => {
    if (findings.length >= MAXIMUM_FINDINGS) return;
    findings.push({ kind, name, line: node.loc?.start.line ?? 1, message: `${MESSAGES[kind]}: ${name}` });
  };
  // A list of its own, not the stack: a chain of a thousand members nests a thousand deep. Last in, first out, hence reversed.
  const open: Fields[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    inspect(node, (module) => allowed.has(module), report);
    const skipped = isPlainName(node) ? ["property", "key"] : [];
    const children = Object.entries(node)
      .filter(([field]) => !skipped.includes(field))
      .flatMap(([, value]) => value)
      .filter(isNode);
    open.push(...children.toReversed());
  }
  return findings;
}

/** Whether a node names a property that is not looked up as a variable: `a.process`, `{ process: 1 }`. */
function isPlainName(node: Fields): boolean {
  const named = ["MemberExpression", "Property", "MethodDefinition", "PropertyDefinition"].includes(node.type);
  return named && node["computed"] !== true && node["shorthand"] !== true;
}

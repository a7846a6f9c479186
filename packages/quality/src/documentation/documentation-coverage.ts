import type { ClassElement, Comment, Node, Program, Statement, TSSignature } from "oxc-parser";
import { propertyName } from "../syntax/node.ts";
import type { SourceText, Span } from "../syntax/source-text.ts";

/** How much of what a file or a project exports is documented. */
export interface DocumentationCoverage {
  /** What is exported: functions, classes, interfaces, types, constants, and the public members of these. */
  readonly exported: number;
  /** How many of them have a documentation comment. */
  readonly documented: number;
}

/** Something that is exported. */
export interface ExportedSymbol extends Span {
  /** `createQueue`, `QueueOptions.size`. */
  readonly name: string;
  readonly isDocumented: boolean;
}

/** The share that is documented, 0 to 100; 100 where nothing is exported. */
export function documentedPercent({ exported, documented }: DocumentationCoverage): number {
  return exported === 0 ? 100 : (documented / exported) * 100;
}

type IsDocumented = (node: Span) => boolean;

/** Tells whether a documentation comment stands directly before something. */
function createLookup(source: SourceText, comments: readonly Comment[]): IsDocumented {
  const documentation = comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"));
  return ({ start }) => {
    const last = documentation.findLast(({ end }) => end <= start);
    return last !== undefined && source.text.slice(last.end, start).trim() === "";
  };
}

const symbolOf = (name: string, { start, end }: Span, isDocumented: boolean): ExportedSymbol => ({
  name,
  start,
  end: Math.min(end, start + name.length),
  isDocumented,
});

function isPublicMember(element: ClassElement): boolean {
  if (element.type === "StaticBlock" || element.type === "TSIndexSignature" || element.type === "AccessorProperty")
    return false;
  if (element.key.type === "PrivateIdentifier" || element.override === true) return false;
  if (element.accessibility === "private" || element.accessibility === "protected") return false;
  return !("kind" in element && element.kind === "constructor");
}

function memberSymbols(
  owner: string,
  members: readonly (ClassElement | TSSignature)[],
  isDocumented: IsDocumented,
): ExportedSymbol[] {
  const found = new Map<string, ExportedSymbol>();
  for (const member of members) {
    if (!("key" in member)) continue;
    if (!member.type.startsWith("TS") || member.type.startsWith("TSAbstract")) {
      if (!isPublicMember(member as ClassElement)) continue;
    }
    const name = propertyName(member.key, member.computed);
    if (name === undefined) continue;
    // Overloads, and a getter with its setter, are one member: a comment on any of them does.
    const known = found.get(name)?.isDocumented === true;
    found.set(name, symbolOf(`${owner}.${name}`, member, known || isDocumented(member)));
  }
  return [...found.values()];
}

/** A declaration that is exported, with its members; `at` is where its comment would stand. */
function declarationSymbols(declaration: Node, at: Span, isDocumented: IsDocumented): ExportedSymbol[] {
  const own = (name: string) => symbolOf(name, at, isDocumented(at));
  switch (declaration.type) {
    case "VariableDeclaration":
      return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [own(id.name)] : []));
    case "FunctionDeclaration":
    case "TSDeclareFunction":
      return [own(declaration.id?.name ?? "default")];
    case "ClassDeclaration": {
      const name = declaration.id?.name ?? "default";
      return [own(name), ...memberSymbols(name, declaration.body.body, isDocumented)];
    }
    case "TSInterfaceDeclaration":
      return [own(declaration.id.name), ...memberSymbols(declaration.id.name, declaration.body.body, isDocumented)];
    case "TSTypeAliasDeclaration": {
      const { typeAnnotation, id } = declaration;
      const members = typeAnnotation.type === "TSTypeLiteral" ? typeAnnotation.members : [];
      return [own(id.name), ...memberSymbols(id.name, members, isDocumented)];
    }
    case "TSEnumDeclaration":
      return [own(declaration.id.name)];
    default:
      return [];
  }
}

const namesOf = (statement: Statement): string[] => {
  if (statement.type === "VariableDeclaration") {
    return statement.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  }
  const hasName =
    statement.type === "FunctionDeclaration" ||
    statement.type === "ClassDeclaration" ||
    statement.type === "TSInterfaceDeclaration" ||
    statement.type === "TSTypeAliasDeclaration" ||
    statement.type === "TSEnumDeclaration";
  return hasName && statement.id !== null ? [statement.id.name] : [];
};

/** The names that `export { a, b }` lists. */
function listedNames(program: Program): ReadonlySet<string> {
  const lists = program.body.flatMap((statement) =>
    statement.type === "ExportNamedDeclaration" && statement.source === null ? statement.specifiers : [],
  );
  return new Set(lists.flatMap(({ local }) => (local.type === "Identifier" ? [local.name] : [])));
}

/** What a statement of a module exports, by itself or because a list names it. */
function statementSymbols(
  statement: Statement,
  listed: ReadonlySet<string>,
  isDocumented: IsDocumented,
): ExportedSymbol[] {
  if (statement.type === "ExportDefaultDeclaration") {
    return declarationSymbols(statement.declaration, statement, isDocumented);
  }
  if (statement.type === "ExportNamedDeclaration") {
    return statement.declaration === null ? [] : declarationSymbols(statement.declaration, statement, isDocumented);
  }
  const isListed = listed.size > 0 && namesOf(statement).some((name) => listed.has(name));
  return isListed ? declarationSymbols(statement, statement, isDocumented) : [];
}

/** What a module exports of its own; what it passes on from others belongs to them. */
export function exportedSymbols(program: Program, source: SourceText, comments: readonly Comment[]): ExportedSymbol[] {
  const isDocumented = createLookup(source, comments);
  const listed = listedNames(program);
  const found = new Map<string, ExportedSymbol>();
  for (const statement of program.body) {
    for (const symbol of statementSymbols(statement, listed, isDocumented)) {
      // Overloads are one function: a comment on any of them does.
      if (found.get(symbol.name)?.isDocumented !== true) found.set(symbol.name, symbol);
    }
  }
  return [...found.values()];
}

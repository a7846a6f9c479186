import { parseSync } from "oxc-parser";

/** A place where a module names another. */
export interface ModuleReference {
  /** What is named: `@antiphon/std`, `./clock.ts`. */
  readonly specifier: string;
  /** From 1. */
  readonly line: number;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Everything that a module imports or re-exports, types included: a type that is not there breaks a build just as well. */
export function moduleReferences(file: string, text: string): ModuleReference[] {
  const { module } = parseSync(file, text);
  const found: ModuleReference[] = [];
  const add = (specifier: string, offset: number) => found.push({ specifier, line: lineAt(text, offset) });
  for (const each of module.staticImports) add(each.moduleRequest.value, each.start);
  for (const each of module.staticExports) {
    for (const entry of each.entries) if (entry.moduleRequest !== null) add(entry.moduleRequest.value, each.start);
  }
  for (const each of module.dynamicImports) {
    const literal = /^["'](.*)["']$/.exec(text.slice(each.moduleRequest.start, each.moduleRequest.end))?.[1];
    if (literal !== undefined) add(literal, each.start);
  }
  return found;
}

/** The names that a module exports; `*` stands for an `export *`. */
export function exportedNames(file: string, text: string): string[] {
  const { module } = parseSync(file, text);
  return module.staticExports.flatMap((each) => each.entries.map((entry) => entry.exportName.name ?? "*"));
}

/** Whether a module holds nothing but `export … from` lines. */
export function isOnlyReexports(file: string, text: string): boolean {
  const { program } = parseSync(file, text);
  return program.body.every((node) => node.type === "ExportNamedDeclaration" && node.source !== null);
}

/** The members of every union of string literals that a module exports under a name that ends in `ErrorCode`. */
export function errorCodes(file: string, text: string): string[] {
  const { program } = parseSync(file, text);
  return program.body.flatMap((node) => {
    const declaration = node.type === "ExportNamedDeclaration" ? node.declaration : null;
    if (declaration?.type !== "TSTypeAliasDeclaration" || !declaration.id.name.endsWith("ErrorCode")) return [];
    const { typeAnnotation } = declaration;
    const members = typeAnnotation.type === "TSUnionType" ? typeAnnotation.types : [typeAnnotation];
    return members.flatMap((member) => {
      if (member.type !== "TSLiteralType" || member.literal.type !== "Literal") return [];
      return typeof member.literal.value === "string" ? [member.literal.value] : [];
    });
  });
}

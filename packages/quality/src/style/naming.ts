import type { Node } from "oxc-parser";
import { defineRule } from "../rule.ts";

const camelCase = /^[_$]*[a-z][a-zA-Z0-9$]*_?$|^[_$]+\d*$/;
const pascalCase = /^[_$]*[A-Z][a-zA-Z0-9$]*$/;
const constantCase = /^[_$]*[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

/** Finds names that break the language's habits: classes and types in PascalCase, functions and variables in camelCase. */
export const namingRule = defineRule({
  id: "style/naming",
  severity: "note",
  summary: "a name in another case than JavaScript has it",
  check(context) {
    const look = (id: Node | null, kind: string, habit: string, patterns: readonly RegExp[]) => {
      if (id?.type !== "Identifier" || patterns.some((pattern) => pattern.test(id.name))) return;
      const end = id.start + id.name.length;
      context.report({ start: id.start, end }, `The ${kind} \`${id.name}\` should be in ${habit}.`, id.name);
    };
    const isType = (id: Node | null) => look(id, "type", "PascalCase", [pascalCase]);
    return {
      ClassDeclaration: (node) => look(node.id, "class", "PascalCase", [pascalCase]),
      TSInterfaceDeclaration: (node) => isType(node.id),
      TSTypeAliasDeclaration: (node) => isType(node.id),
      TSEnumDeclaration: (node) => isType(node.id),
      // A function in PascalCase is a constructor of old or a component.
      FunctionDeclaration: (node) => look(node.id, "function", "camelCase", [camelCase, pascalCase]),
      VariableDeclarator: (node) => look(node.id, "variable", "camelCase", [camelCase, pascalCase, constantCase]),
    };
  },
});

import type { Node } from "oxc-parser";

/** What a name may hold: an expression, or a member of one that was taken out by destructuring. */
export type BoundValue = { readonly from: Node; readonly member?: string | undefined };

/** What is known of a name in a function. */
export interface Binding {
  /** How it came to be. */
  readonly kind: "variable" | "parameter" | "import" | "declaration";
  /** Everything that is ever assigned to it, as far as it is written in the file. */
  readonly values: BoundValue[];
  /** For an import: the module, and what was imported of it; `*` for all of it. */
  readonly imported?: { readonly module: string; readonly name: string } | undefined;
}

/** The names of a function, or of the module. Blocks have none of their own: what they declare counts for their function. */
export interface Scope {
  readonly parent: Scope | undefined;
  declare(name: string, binding: Binding): void;
  /** Adds a value to a name that is visible here; nothing happens for one that the file does not declare. */
  assign(name: string, value: BoundValue): void;
  lookup(name: string): Binding | undefined;
}

/** Makes the scope of a function within another. */
export function createScope(parent: Scope | undefined): Scope {
  const bindings = new Map<string, Binding>();
  return {
    parent,
    declare(name, binding) {
      const known = bindings.get(name);
      if (known === undefined) bindings.set(name, binding);
      else known.values.push(...binding.values);
    },
    assign(name, value) {
      this.lookup(name)?.values.push(value);
    },
    lookup(name) {
      return bindings.get(name) ?? parent?.lookup(name);
    },
  };
}

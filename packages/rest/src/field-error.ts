/** One thing that Discord did not like about a request. */
export interface FieldError {
  /** Where in the body: `embeds[0].title`; `body` when it is about the whole. */
  readonly path: string;
  /** Discord's code: `BASE_TYPE_MAX_LENGTH`. */
  readonly code: string;
  /** Discord's text. */
  readonly message: string;
}

/** Bounds for a tree that comes from outside. */
const MAXIMUM_DEPTH = 32;
const MAXIMUM_ERRORS = 200;

function join(path: string, key: string): string {
  if (/^\d+$/.test(key)) return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}

/**
 * Flattens the `errors` tree of an "Invalid Form Body" answer: keys lead to the field, `_errors` lists what is wrong with it.
 *
 * @see [Discord Docs/Reference, "Error Messages"]
 */
export function flattenErrors(tree: unknown): readonly FieldError[] {
  const found: FieldError[] = [];
  const visit = (node: unknown, path: string, depth: number) => {
    if (typeof node !== "object" || node === null || depth > MAXIMUM_DEPTH) return;
    for (const [key, child] of Object.entries(node)) {
      if (found.length >= MAXIMUM_ERRORS) return;
      if (key !== "_errors") visit(child, join(path, key), depth + 1);
      else if (Array.isArray(child)) for (const item of child) collect(item, path);
    }
  };
  const collect = (item: unknown, path: string) => {
    const { code, message } = (item ?? {}) as Record<string, unknown>;
    if (typeof message !== "string" || found.length >= MAXIMUM_ERRORS) return;
    found.push({ path: path === "" ? "body" : path, code: typeof code === "string" ? code : "", message });
  };
  visit(tree, "", 0);
  return found;
}

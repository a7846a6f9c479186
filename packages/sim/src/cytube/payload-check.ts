/** What a frame's argument must be: a type, or an object of such. A trailing `?` makes it optional, `|` parts choices. */
export type PayloadShape = string | Readonly<Record<string, string>>;

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** Why a payload has another shape, in CyTube's words; undefined when it fits. */
export function payloadProblem(shape: PayloadShape | undefined, payload: unknown): string | undefined {
  if (shape === undefined) return undefined;
  if (typeof shape === "string") {
    const types = shape.split("|");
    return types.includes(typeOf(payload))
      ? undefined
      : `Expected key  to be of type ${types[0]}, instead got ${typeOf(payload)}`;
  }
  if (typeOf(payload) !== "object") return `Expected key  to be of type object, instead got ${typeOf(payload)}`;
  for (const [key, wanted] of Object.entries(shape)) {
    const value = (payload as Readonly<Record<string, unknown>>)[key];
    const types = wanted.replace(/\?$/, "").split("|");
    if (value === undefined && wanted.endsWith("?")) continue;
    if (!types.includes(typeOf(value)))
      return `Expected key ${key} to be of type ${types[0]}, instead got ${typeOf(value)}`;
  }
  return undefined;
}

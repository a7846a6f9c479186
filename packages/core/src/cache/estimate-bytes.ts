/** What V8 spends on an object or an array, on a field or an item, and on a text besides its characters. */
const OBJECT_BYTES = 32;
const FIELD_BYTES = 8;
const TEXT_BYTES = 16;

/** About how much memory a value made by `JSON.parse` takes; the names of fields, which objects share, do not count. */
export function estimateBytes(value: unknown): number {
  if (typeof value === "string") return TEXT_BYTES + value.length;
  if (typeof value !== "object" || value === null) return 0;
  let total = OBJECT_BYTES;
  if (Array.isArray(value)) for (const item of value) total += FIELD_BYTES + estimateBytes(item);
  else for (const name in value) total += FIELD_BYTES + estimateBytes((value as Record<string, unknown>)[name]);
  return total;
}

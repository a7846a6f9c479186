/** Whether something is a plain object or a list, and not bytes, a stream or anything else with a life of its own. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

/** Freezes a value and everything in it, as far as that is plain data. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || !isPlain(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}

import { CacheError } from "./cache-error.ts";

/** Objects with their keys in order, so that equal arguments have equal text; throws for what JSON would lose. */
function sorted(this: unknown, key: string, converted: unknown): unknown {
  // What has a `toJSON`, such as a Date, arrives converted, and could not be told from the text itself.
  const value = (this as Readonly<Record<string, unknown>>)[key];
  if (typeof value === "object" && value !== null) {
    if (Array.isArray(value)) return value;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null)
      return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
  } else if (typeof value !== "function" && typeof value !== "symbol" && typeof value !== "bigint") {
    // JSON writes these as null, or leaves them out.
    const isLost = value === undefined || (typeof value === "number" && !Number.isFinite(value));
    return isLost ? `\u0000${String(value)}` : converted;
  }
  throw new TypeError(`a ${typeof value} that JSON cannot tell from others`);
}

const isOptionsWithSignal = (value: unknown): value is { readonly signal: unknown } =>
  typeof value === "object" && value !== null && "signal" in value;

/**
 * The text that stands for a function's arguments; a `signal` in the last one is left out.
 *
 * @throws CacheError `CACHE_KEY_NOT_DERIVABLE` for arguments that are not plain data.
 */
export function keyOfArguments(name: string, args: readonly unknown[]): string {
  const last = args.at(-1);
  let plain = args;
  if (isOptionsWithSignal(last)) {
    const { signal: _, ...rest } = last;
    plain = [...args.slice(0, -1), rest];
  }
  try {
    return JSON.stringify(plain, sorted);
  } catch (cause) {
    throw new CacheError(
      "CACHE_KEY_NOT_DERIVABLE",
      `cached(${name}): its arguments are not all plain data, so they make no key; give keyOf`,
      { cause },
    );
  }
}

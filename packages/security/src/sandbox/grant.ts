/** What JSON can hold; all that passes between a host and a guest. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * A function that the host gives to a guest. Its argument is whatever the guest sent: check it. What it throws reaches the guest as
 * an error with the same message.
 */
export type Grant = (
  argument: JsonValue,
  context: {
    /** Aborts when the run ends. */
    readonly signal: AbortSignal;
  },
) => JsonValue | Promise<JsonValue>;

/** Text as a plain value: keys called `__proto__`, with which a later merge could be led astray, are left out. */
export function parsePlainJson(text: string): JsonValue {
  return JSON.parse(text, function dropPrototypes(this: unknown, key: string, value: JsonValue) {
    return key === "__proto__" ? undefined : value;
  }) as JsonValue;
}

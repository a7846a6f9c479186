const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A value that prints as `[redacted]` wherever it is logged, inspected or serialised. */
export interface Secret {
  /** The value itself; call it where the value is used, and nowhere else. */
  reveal(): string;
  /** `[redacted]`. */
  toString(): string;
  /** `[redacted]`. */
  toJSON(): string;
}

/** Wraps a token or a password in a {@link Secret}. */
export function createSecret(value: string): Secret {
  const redacted = () => "[redacted]";
  return { reveal: () => value, toString: redacted, toJSON: redacted, [inspect]: redacted } as Secret;
}

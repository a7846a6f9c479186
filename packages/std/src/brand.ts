declare const brand: unique symbol;

/** A `Value` that cannot be confused with another kind of the same shape: `Brand<string, "GuildId">`. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };

declare const brand: unique symbol;

/**
 * A `Value` that cannot be confused with another kind of the same shape: a `Brand<string, "GuildId">` is no `Brand<string, "ChannelId">`.
 * A plain `Value`, such as an id from another library, may stand for either and needs no cast.
 */
export type Brand<Value, Name extends string> = Value & { readonly [brand]?: Name };

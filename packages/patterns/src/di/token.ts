declare const product: unique symbol;

/** A name with a type: what a service is registered and asked for by. Two tokens of the same name are different. */
export interface Token<T> {
  /** What errors call the service. */
  readonly name: string;
  readonly [product]?: (value: T) => T;
}

/** A token of any type. */
// The parameter is both taken and given, so only `never` and `unknown` together admit every token.
export type AnyToken = { readonly name: string };

/** What a token stands for. */
export type ValueOf<T extends AnyToken> = T extends Token<infer Value> ? Value : never;

/** What a list of tokens stands for, in its order. */
export type ValuesOf<Tokens extends readonly AnyToken[]> = {
  -readonly [Index in keyof Tokens]: ValueOf<Tokens[Index]>;
};

/** Makes a token: `token<AppConfig>("config")`. */
export function token<T>(name: string): Token<T> {
  return Object.freeze({ name });
}

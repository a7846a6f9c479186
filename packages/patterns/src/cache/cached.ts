import type { AsyncMethod } from "../method-wrapper.ts";
import { keyOfArguments } from "./argument-key.ts";
import { CacheError } from "./cache-error.ts";
import { createCache, type Cache, type CacheLifetime } from "./create-cache.ts";

/** Options of {@link cached}. */
export interface CachedOptions<Arguments extends unknown[] = unknown[]> extends CacheLifetime {
  /** Where results are kept; whoever made it closes it. Defaults to 1,000 results in memory, for this function alone. */
  readonly cache?: Cache<unknown> | undefined;
  /** What the keys begin with. Defaults to the name of the function. */
  readonly keyPrefix?: string | undefined;
  /** The rest of the key. Defaults to the arguments as JSON, without a `signal` in the last one. */
  readonly keyOf?: ((...args: Arguments) => string) | undefined;
  /** Groups that a result can be deleted with. Defaults to none. */
  readonly tagsOf?: ((...args: Arguments) => readonly string[]) | undefined;
}

/** A wrapper for functions and, as a TC39 decorator, methods. */
export type Cached<Arguments extends unknown[]> = <This, Given extends Arguments, Result>(
  fn: AsyncMethod<This, Given, Result>,
  context?: ClassMethodDecoratorContext<This, AsyncMethod<This, Given, Result>>,
) => AsyncMethod<This, Given, Result>;

const signalOf = (args: readonly unknown[]): AbortSignal | undefined => {
  const last = args.at(-1);
  if (typeof last !== "object" || last === null || !("signal" in last)) return undefined;
  return last.signal instanceof AbortSignal ? last.signal : undefined;
};

/** The arguments with the loader's signal in place of the caller's: others may wait for the same result. */
const withLoaderSignal = (args: readonly unknown[], signal: AbortSignal): unknown[] => [
  ...args.slice(0, -1),
  { ...(args.at(-1) as object), signal },
];

/**
 * Keeps the results of a function by its arguments. Calls with equal arguments share one run; failures are not kept; a result of
 * `undefined` is kept for `negativeTtlMs`. `this` is no part of the key: give `keyOf` or a `keyPrefix` to objects that differ.
 *
 * @throws CacheError `CACHE_OPTIONS_INVALID` for a function without a name and without `keyPrefix` in a shared cache; calls reject
 * with `CACHE_KEY_NOT_DERIVABLE` when the arguments are not plain data.
 */
export function cached<Arguments extends unknown[] = unknown[]>(
  options: CachedOptions<Arguments> = {},
): Cached<Arguments> {
  const { cache = createCache(), keyOf, tagsOf } = options;
  return (fn, context) => {
    const name = String(context?.name ?? fn.name);
    const prefix = options.keyPrefix ?? name;
    if (prefix === "" && options.cache !== undefined)
      throw new CacheError(
        "CACHE_OPTIONS_INVALID",
        "cached: a function without a name needs a keyPrefix in a shared cache",
      );
    return async function (...args) {
      const key = `${prefix}:${keyOf?.(...args) ?? keyOfArguments(name, args)}`;
      const signal = signalOf(args);
      const result = await cache.getOrLoad(
        key,
        (loader) =>
          fn.apply(this, (signal === undefined ? args : withLoaderSignal(args, loader.signal)) as typeof args),
        { ...options, tags: tagsOf?.(...args), signal },
      );
      return result as Awaited<ReturnType<typeof fn>>;
    };
  };
}

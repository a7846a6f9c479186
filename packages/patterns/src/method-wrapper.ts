/** An asynchronous function or method. */
export type AsyncMethod<This, Parameters extends readonly unknown[], Result> = (
  this: This,
  ...parameters: Parameters
) => Promise<Result>;

/**
 * A pattern around an asynchronous function. The one value is a TC39 method decorator and a plain higher-order function, because a
 * method decorator is a function from a method to a method; `this`, parameters and result keep their types.
 */
export type MethodWrapper = <This, Parameters extends unknown[], Result>(
  method: AsyncMethod<This, Parameters, Result>,
  context?: ClassMethodDecoratorContext<This, AsyncMethod<This, Parameters, Result>>,
) => AsyncMethod<This, Parameters, Result>;

/** What runs in place of a wrapped call. */
export type AroundCall = <Result>(call: () => Promise<Result>, name: string) => Promise<Result>;

/** Builds a {@link MethodWrapper} from what is to happen around each call; `name` is the method's or function's own. */
export function createMethodWrapper(around: AroundCall): MethodWrapper {
  return (method, context) => {
    const name = context === undefined ? method.name || "anonymous" : String(context.name);
    const wrapped: typeof method = function wrapped(...parameters) {
      return around(() => method.apply(this, parameters), name);
    };
    // A wrapper around this one must see the name of the function inside.
    return Object.defineProperty(wrapped, "name", { value: name });
  };
}

import type { Policy } from "@antiphon/std";
import type { AsyncMethod } from "../method-wrapper.ts";
import { Scope } from "./scope.ts";

/** What a task is given: the signal that it must obey. */
export interface TaskContext {
  /** Aborts when the call was given up: by its caller, a timeout, or a hedge that was faster. */
  readonly signal: AbortSignal;
}

declare const extraKey: unique symbol;

/** What calls through a policy may result in besides their own results. */
export type ExtraOf<Subject> =
  Subject extends ResiliencePolicy<unknown>
    ? Subject extends { readonly [extraKey]?: { readonly value: infer Extra } }
      ? Extra
      : never
    : never;

/**
 * A way to run calls, in three shapes: `policy.execute(task)`, `policy(fn)` as a higher-order function, and `@policy` on a method
 * (a TC39 decorator). `Extra` is what a call may result in besides its own result: the value of a fallback.
 *
 * A wrapped function whose last argument is an object with a `signal` obeys that signal, and the function underneath gets a copy
 * of the object with the signal of the policy.
 */
export interface ResiliencePolicy<Extra = never> {
  /** Never there: it lets the compiler find `Extra` again. */
  readonly [extraKey]?: { readonly value: Extra };
  /** Wraps a function; `this` is kept. The second argument is what a decorator is given. */
  <This, Arguments extends unknown[], Result>(
    fn: AsyncMethod<This, Arguments, Result>,
    context?: ClassMethodDecoratorContext<This, AsyncMethod<This, Arguments, Result>>,
  ): AsyncMethod<This, Arguments, Result | Extra>;
  /** Runs `task`, passing it the signal it must obey, and gives its result. */
  execute<Result>(
    task: (context: TaskContext) => Promise<Result>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Result | Extra>;
}

/** A call to make within a scope. */
export type ScopedTask = (scope: Scope) => Promise<unknown>;

/** What a policy does with a call. */
export type Run = (task: ScopedTask, scope: Scope) => Promise<unknown>;

/** Where a policy of this package keeps its {@link Run}, so that `compose` can chain policies without a new root for each. */
const runKey: unique symbol = Symbol("antiphon.run");

interface WithSignal {
  readonly signal: AbortSignal;
}

const hasSignal = (value: unknown): value is WithSignal =>
  typeof value === "object" && value !== null && "signal" in value && value.signal instanceof AbortSignal;

function runRoot(run: Run, task: ScopedTask, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined) return run(task, Scope.endless);
  const scope = new Scope(signal);
  return scope.aborted ? Promise.reject(scope.reason) : run(task, scope);
}

/** Gives a {@link Run} its three shapes, together with the members that its policy has besides. */
export function createPolicy<Extra = never, Members extends object = object>(
  run: Run,
  members?: Members,
): ResiliencePolicy<Extra> & Members {
  const wrap = (fn: AsyncMethod<unknown, unknown[], unknown>) => {
    const wrapped = function (this: unknown, ...args: unknown[]): Promise<unknown> {
      const last = args.at(-1);
      if (!hasSignal(last)) return runRoot(run, () => fn.apply(this, args), undefined);
      const task = (scope: Scope) => fn.apply(this, [...args.slice(0, -1), { ...last, signal: scope.signal }]);
      return runRoot(run, task, last.signal);
    };
    // Whoever wraps it again, such as `cached`, may go by the name.
    return Object.defineProperty(wrapped, "name", { value: fn.name, configurable: true });
  };
  const execute: Policy["execute"] = (task, options) => runRoot(run, task, options?.signal) as never;
  return Object.defineProperties(wrap, {
    ...Object.getOwnPropertyDescriptors(members ?? {}),
    execute: { value: execute },
    [runKey]: { value: run },
  }) as never;
}

/** The {@link Run} of any policy, also of one from elsewhere that has `execute` only. */
export function runOf(policy: Pick<Policy, "execute">): Run {
  if (runKey in policy) return policy[runKey] as Run;
  return (task, scope) =>
    policy.execute((context) => task(new Scope(context.signal)), scope.isEndless ? {} : { signal: scope.signal });
}

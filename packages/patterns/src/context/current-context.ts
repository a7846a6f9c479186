import { AsyncLocalStorage } from "node:async_hooks";
import { PatternsError } from "../error.ts";
import { createMethodWrapper, type MethodWrapper } from "../method-wrapper.ts";
import type { ApplicationContext } from "./application-context.ts";
import type { Caller } from "./caller.ts";

interface Current {
  readonly context: ApplicationContext<never>;
  readonly caller: Caller;
}

const storage = new AsyncLocalStorage<Current>();

/** Runs `task` in a context; what it does not say about the caller is taken from the call around it. */
export function runInContext<Result>(context: ApplicationContext<never>, caller: Caller, task: () => Result): Result {
  return storage.run({ context, caller: { ...storage.getStore()?.caller, ...caller } }, task);
}

/** For whom the current call runs; empty outside a context. */
export function currentCaller(): Caller {
  return storage.getStore()?.caller ?? {};
}

/**
 * The context in which the current call runs, as whatever type the application gave it.
 *
 * @throws PatternsError PATTERNS_CONTEXT_MISSING outside of `context.run`
 */
export function currentContext<Services extends object>(): ApplicationContext<Services> {
  const current = storage.getStore();
  if (current !== undefined) return current.context;
  throw new PatternsError(
    "PATTERNS_CONTEXT_MISSING",
    "No application context is current. Call the function inside context.run().",
  );
}

/** Lets a function run only inside a running application context; decorator and higher-order function. */
export const requiresContext: MethodWrapper = createMethodWrapper(async (call, name) => {
  const { state } = currentContext();
  if (state === "running") return call();
  throw new PatternsError("PATTERNS_CLOSED", `"${name}" needs a running application context, and it is ${state}.`);
});

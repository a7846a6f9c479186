import { createMethodWrapper, type MethodWrapper } from "../method-wrapper.ts";
import { defaultErrorManager, type ErrorManager } from "./error-manager.ts";

// An error passes through every wrapper around the call; only the innermost of one manager may count it.
const seen = new WeakMap<object, WeakSet<ErrorManager>>();

function isFirstSight(error: unknown, manager: ErrorManager): boolean {
  if (typeof error !== "object" || error === null) return true;
  const managers = seen.get(error) ?? new WeakSet<ErrorManager>();
  if (managers.has(manager)) return false;
  seen.set(error, managers.add(manager));
  return true;
}

/**
 * Sends the errors of a function to an ErrorManager; decorator and higher-order function. When a recovery strategy succeeds the call
 * returns what the strategy returned; otherwise the error is thrown on.
 */
export function handleErrors(manager: ErrorManager = defaultErrorManager()): MethodWrapper {
  return createMethodWrapper(async <Result>(call: () => Promise<Result>, operation: string): Promise<Result> => {
    try {
      return await call();
    } catch (error) {
      if (!isFirstSight(error, manager)) throw error;
      const outcome = await manager.handleError(error, { operation });
      // The strategy was registered for this kind of failure, so what it returns is taken as the call's result.
      if (outcome.recovered) return outcome.value as Result;
      throw error;
    }
  });
}

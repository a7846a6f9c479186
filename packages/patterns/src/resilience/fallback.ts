import { createPolicy, type ResiliencePolicy } from "./policy.ts";

/** Options of {@link fallback}. */
export interface FallbackOptions<Extra> {
  /** Gives what a failed call results in; may throw. */
  readonly value: (error: unknown) => Extra | Promise<Extra>;
  /** Which failures it stands in for. Defaults to all; a call that its own caller gave up always rejects. */
  readonly isHandled?: ((error: unknown) => boolean) | undefined;
}

/** Answers a call that failed with another value. */
export function fallback<Extra>(options: FallbackOptions<Extra>): ResiliencePolicy<Extra> {
  const { value, isHandled = () => true } = options;
  return createPolicy<Extra>(async (task, scope) => {
    try {
      return await task(scope);
    } catch (error) {
      if (scope.aborted || !isHandled(error)) throw error;
      return value(error);
    }
  });
}

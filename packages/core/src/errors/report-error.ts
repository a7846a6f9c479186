import { describeError, type Logger } from "@antiphon/std";
import type { ErrorPlace } from "./error-context.ts";
import type { ErrorHandler } from "./error-handler.ts";

/** Builds what tells an error handler about failures; one that fails itself takes nothing down with it. */
export function createErrorReporter(
  handler: Pick<ErrorHandler, "handle"> | undefined,
  logger: Logger,
): (failure: unknown, place?: ErrorPlace) => void {
  const failed = (cause: unknown) => logger.warn("the error handler failed", { error: describeError(cause) });
  return (failure, place) => {
    try {
      const result: unknown = handler?.handle(failure, place);
      // Ours is synchronous; one of the user's own may not be.
      if (result instanceof Promise) result.catch(failed);
    } catch (cause) {
      failed(cause);
    }
  };
}

import { isAntiphonError } from "@antiphon/std";

/** Says that a handler failed where there is neither a logger, an error handler nor a listener to say it to. */
export function warnAboutHandler(error: unknown): void {
  // Whoever closes the client knows that it ends what was going on.
  if (isAntiphonError(error, "CORE_CLOSED")) return;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`The handler of an interaction failed: ${text}`, { code: "ANTIPHON_HANDLER_FAILED" });
}

import { describeError, isAntiphonError } from "@antiphon/std";
import { CoreError, type CoreErrorCode } from "./core-error.ts";

/** A number in the details of an error, or of what caused it. */
export function detailOf(error: unknown, name: string): number | undefined {
  for (let cause = error; isAntiphonError(cause); cause = cause.cause) {
    const value = cause.details[name];
    if (typeof value === "number") return value;
  }
  return undefined;
}

/** The HTTP status that an error of a RestTransport carries, if any. */
export function statusOf(error: unknown): number | undefined {
  return detailOf(error, "status");
}

/** Discord's own JSON error code that an error of a RestTransport carries, if any. */
export function discordCodeOf(error: unknown): number | undefined {
  return detailOf(error, "discordCode") ?? detailOf(error, "code");
}

/**
 * Tells a failure of the runtime or the operating system, which nobody foresaw, by Node's own marks: a failed system call, or a
 * code that starts with `ERR_`.
 */
function isSystemFailure(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || isAntiphonError(error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === "string" && (typeof syscall === "string" || code.startsWith("ERR_"));
}

/** The failure of the system below an operation. */
function systemFailure(operation: string, error: NodeJS.ErrnoException): CoreError {
  const { code, syscall } = error;
  const message = `${operation}: the system failed with ${code}. Look at its cause.`;
  return new CoreError("CORE_SYSTEM_FAILED", message, { cause: error, details: { systemCode: code, syscall } });
}

/** Why a connection could not be opened, as an error that says what to do. */
export function connectFailure(error: unknown): CoreError {
  if (error instanceof CoreError) return error;
  const closeCode = detailOf(error, "closeCode");
  const details = { status: statusOf(error), closeCode };
  if (closeCode === 4004 || statusOf(error) === 401) {
    const message =
      "connect(): Discord rejected the bot token. Copy it anew from the Bot page of the developer portal.";
    return new CoreError("CORE_TOKEN_REJECTED", message, { cause: error, details, severity: "fatal" });
  }
  if (closeCode === 4013 || closeCode === 4014) {
    const message =
      "connect(): Discord rejected the intents. Enable the privileged ones on the Bot page of the developer portal, or leave them out.";
    return new CoreError("CORE_INTENTS_REJECTED", message, { cause: error, details, severity: "fatal" });
  }
  if (isSystemFailure(error)) return systemFailure("connect()", error);
  const retryable = isAntiphonError(error) ? error.retryable : true;
  return new CoreError("CORE_CONNECT_FAILED", `connect(): ${describeError(error)}`, {
    cause: error,
    details,
    retryable,
  });
}

/** Why something could not be fetched: not found (also when Discord hides it), or anything else. */
export function fetchFailure(error: unknown, what: string, notFound: CoreErrorCode): CoreError {
  const status = statusOf(error);
  if (status === 404 || status === 403) {
    return new CoreError(notFound, `There is no ${what}, or the bot cannot see it.`, {
      cause: error,
      details: { status },
    });
  }
  if (isSystemFailure(error)) return systemFailure(`The ${what} could not be fetched`, error);
  const retryable = isAntiphonError(error) && error.retryable;
  return new CoreError("CORE_REQUEST_FAILED", `The ${what} could not be fetched: ${describeError(error)}`, {
    cause: error,
    details: { status },
    retryable,
  });
}

import { describeError, isAntiphonError } from "@antiphon/std";
import { redactFields, redactText } from "../redact.ts";
import { contextOfError, currentErrorContext, type ErrorContext, type ErrorContextFields } from "./error-context.ts";
import { severityOf, type ErrorSeverity } from "./error-severity.ts";

/** What an ErrorManager keeps of a failure: plain data without secrets. */
export interface ErrorRecord {
  /** When it was handled, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** The error's code, or its class's name when it has none. */
  readonly code: string;
  /** How bad it is. */
  readonly severity: ErrorSeverity;
  /** One line of text, secrets replaced. */
  readonly message: string;
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean;
  /** Where and for whom it arose, secrets replaced. */
  readonly context: ErrorContext;
  /** The strategy that recovered it. */
  readonly recoveredBy?: string | undefined;
  /** How often recovery was tried. */
  readonly recoveryAttempts: number;
}

function codeOf(error: unknown): string {
  if (isAntiphonError(error)) return error.code;
  return error instanceof Error ? error.name : "UNKNOWN";
}

/** The context that an error carries, or else the current one, together with what the caller adds. */
export function contextFor(error: unknown, fields: ErrorContextFields): ErrorContext {
  return { ...(contextOfError(error) ?? currentErrorContext()), ...fields };
}

/** Makes the record of an error; `redact` has the last word about its text. */
export function recordOf(
  error: unknown,
  context: ErrorContext,
  atMs: number,
  redact: (text: string) => string = redactText,
): ErrorRecord {
  return {
    atMs,
    code: codeOf(error),
    severity: severityOf(error),
    message: redact(describeError(error)),
    retryable: isAntiphonError(error) && error.retryable,
    context: redactFields(context),
    recoveryAttempts: 0,
  };
}

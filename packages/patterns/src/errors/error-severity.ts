import { isAntiphonError, type Severity } from "@antiphon/std";

/** The severities from the mildest to the gravest; the same words as log levels. */
export const ErrorSeverities = ["trace", "debug", "info", "warning", "error", "critical", "fatal"] as const;

/** How bad a failure is. */
export type ErrorSeverity = Severity;

/** Tells whether a severity is `floor` or graver. */
export function isAtLeast(severity: ErrorSeverity, floor: ErrorSeverity): boolean {
  return ErrorSeverities.indexOf(severity) >= ErrorSeverities.indexOf(floor);
}

/** The severity of anything that was thrown: an Antiphon error's own, otherwise `error`. */
export function severityOf(error: unknown): ErrorSeverity {
  return isAntiphonError(error) ? error.severity : "error";
}

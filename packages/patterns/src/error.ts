import { AntiphonError } from "@antiphon/std";

/** What can go wrong in the application kit; the README has a paragraph for each. */
export type PatternsErrorCode =
  | "PATTERNS_CLOSED"
  | "PATTERNS_CONFIGURATION_INVALID"
  | "PATTERNS_CONFIGURATION_UNREADABLE"
  | "PATTERNS_CONTEXT_MISSING"
  | "PATTERNS_DECRYPTION_FAILED"
  | "PATTERNS_DEPENDENCY_CYCLE"
  | "PATTERNS_EXTERNAL_SERVICE_FAILED"
  | "PATTERNS_INVALID_ARGUMENT"
  | "PATTERNS_LIMIT_REACHED"
  | "PATTERNS_SCOPE_MISMATCH"
  | "PATTERNS_SECURITY_VIOLATION"
  | "PATTERNS_SERVICE_NOT_READY"
  | "PATTERNS_SERVICE_NOT_REGISTERED"
  | "PATTERNS_SHUTDOWN_FAILED"
  | "PATTERNS_START_FAILED"
  | "PATTERNS_VALIDATION_FAILED";

/** Every error that this package throws. */
export class PatternsError extends AntiphonError<PatternsErrorCode> {}

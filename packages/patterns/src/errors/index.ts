export { PatternsError, type PatternsErrorCode } from "../error.ts";
export type { AsyncMethod, MethodWrapper } from "../method-wrapper.ts";
export {
  ConfigurationError,
  ExternalServiceError,
  SecurityError,
  ValidationError,
  type ExternalServiceErrorOptions,
} from "./domain-errors.ts";
export {
  contextOfError,
  currentErrorContext,
  errorContext,
  runInErrorContext,
  type ErrorContext,
  type ErrorContextFields,
} from "./error-context.ts";
export {
  createErrorManager,
  defaultErrorManager,
  type ErrorHistoryFilter,
  type ErrorManager,
  type ErrorManagerEvent,
  type ErrorManagerOptions,
  type ErrorOutcome,
  type ErrorStatistics,
} from "./error-manager.ts";
export type { ErrorRecord } from "./error-record.ts";
export { ErrorSeverities, isAtLeast, severityOf, type ErrorSeverity } from "./error-severity.ts";
export { handleErrors } from "./handle-errors.ts";
export type { RecoveryAttempt, RecoveryStrategy } from "./recovery-strategy.ts";
export { Validator, type SanitizeOptions, type ValueKinds } from "./validator.ts";

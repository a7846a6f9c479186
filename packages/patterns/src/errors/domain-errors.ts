import type { AntiphonErrorOptions } from "@antiphon/std";
import { PatternsError } from "../error.ts";

/** Input that does not fit; severity `warning`, because the fault lies with whoever sent it. Code `PATTERNS_VALIDATION_FAILED`. */
export class ValidationError extends PatternsError {
  constructor(message: string, options: AntiphonErrorOptions = {}) {
    super("PATTERNS_VALIDATION_FAILED", message, { severity: "warning", ...options });
  }
}

/** What an {@link ExternalServiceError} is built from. */
export interface ExternalServiceErrorOptions extends AntiphonErrorOptions {
  /** The service's name, which also appears in `details.service`. */
  readonly service?: string | undefined;
}

/** A service outside this process failed; retryable unless it is said not to be. Code `PATTERNS_EXTERNAL_SERVICE_FAILED`. */
export class ExternalServiceError extends PatternsError {
  constructor(message: string, { service, details, ...options }: ExternalServiceErrorOptions = {}) {
    super("PATTERNS_EXTERNAL_SERVICE_FAILED", message, {
      retryable: true,
      ...options,
      details: service === undefined ? (details ?? {}) : { service, ...details },
    });
  }
}

/** Somebody tried what they may not do; severity `critical`, never retryable. Code `PATTERNS_SECURITY_VIOLATION`. */
export class SecurityError extends PatternsError {
  constructor(message: string, options: Omit<AntiphonErrorOptions, "retryable"> = {}) {
    super("PATTERNS_SECURITY_VIOLATION", message, { severity: "critical", ...options });
  }
}

/** The configuration is at fault; severity `critical`, because a restart alone does not help. Code `PATTERNS_CONFIGURATION_INVALID`. */
export class ConfigurationError extends PatternsError {
  constructor(message: string, options: AntiphonErrorOptions = {}) {
    super("PATTERNS_CONFIGURATION_INVALID", message, { severity: "critical", ...options });
  }
}

import { AntiphonError } from "@antiphon/std";

/** What a resilience policy can answer instead of the result of a call. */
export type ResilienceErrorCode =
  /** An option makes no sense; the message names it. */
  | "RESILIENCE_OPTIONS_INVALID"
  /** The call took longer than its timeout; retryable. */
  | "RESILIENCE_TIMEOUT"
  /** The breaker lets no call through now; `details.retryAfterMs` says when it may, `cause` is the last failure. Retryable. */
  | "RESILIENCE_CIRCUIT_OPEN"
  /** As many calls run and wait as may; retryable. */
  | "RESILIENCE_OVERLOADED"
  /** The limit on calls in a period is used up; `details.retryAfterMs` says for how long. Retryable. */
  | "RESILIENCE_RATE_LIMITED"
  /** The policy was closed. */
  | "RESILIENCE_CLOSED";

/** A refusal or failure that a policy, not the call itself, decided. */
export class ResilienceError extends AntiphonError<ResilienceErrorCode> {}

/** Throws `RESILIENCE_OPTIONS_INVALID` unless an option is a number of at least `minimum`. */
export function requireAtLeast(operation: string, name: string, value: number, minimum: number): void {
  if (value >= minimum) return;
  throw new ResilienceError(
    "RESILIENCE_OPTIONS_INVALID",
    `${operation}: ${name} must be a number from ${minimum}, not ${value}`,
  );
}

import { inspect } from "node:util";

/** How bad a failure is, from a note for the curious to the end of the process. */
export type Severity = "trace" | "debug" | "info" | "warning" | "error" | "critical" | "fatal";

/** What an {@link AntiphonError} is built from. */
export interface AntiphonErrorOptions {
  /** Whether the same call may succeed when it is made again. Defaults to false. */
  readonly retryable?: boolean;
  /** How bad it is. Defaults to `error`. */
  readonly severity?: Severity;
  /** Plain facts about the failure; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The failure below this one. */
  readonly cause?: unknown;
}

const marker: unique symbol = Symbol.for("antiphon.error") as never;

/**
 * The base of every error that an Antiphon package throws. Each package narrows `Code` to its own closed union; match on
 * `code`, never on the message.
 */
export class AntiphonError<Code extends string = string> extends Error {
  /** What happened, in `UPPER_SNAKE` with the package's name first. */
  readonly code: Code;
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean;
  /** How bad it is. */
  readonly severity: Severity;
  /** Plain facts about the failure. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Marks the class across two copies of this package. */
  readonly [marker] = true;

  constructor(code: Code, message: string, options: AntiphonErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.severity = options.severity ?? "error";
    this.details = options.details ?? {};
  }
}

/** Tells whether a value is an Antiphon error, also one from another copy of the package; with `code`, one of that code. */
export function isAntiphonError<Code extends string = string>(
  value: unknown,
  code?: Code,
): value is AntiphonError<Code> {
  if (typeof value !== "object" || value === null || !(marker in value)) return false;
  return code === undefined || (value as AntiphonError).code === code;
}

function textOf(value: unknown): string {
  if (isAntiphonError(value)) return `${value.code}: ${value.message}`;
  if (value instanceof AggregateError && value.message === "") return value.errors.map(textOf).join("; ");
  if (value instanceof Error) return value.message === "" ? value.name : value.message;
  // Whatever else was thrown may have no prototype, or a toString that throws; inspect copes with all of it.
  return typeof value === "string" ? value : inspect(value, { depth: 1 });
}

/** A one-line text for anything that was thrown: `CODE: message` where there is a code, without a stack. */
export function describeError(value: unknown): string {
  return textOf(value).replaceAll(/\s*\n\s*/g, " ");
}

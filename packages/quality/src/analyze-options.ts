import type { FindingSeverity } from "./rule.ts";
import type { Limits } from "./limits.ts";
import type { RuleId } from "./rule-catalog.ts";

/** How sources are judged. */
export interface AnalyzeOptions {
  /** Limits other than {@link defaultLimits}. */
  readonly limits?: Partial<Limits> | undefined;
  /** How bad the findings of a rule are, where that is not as the rule says; `off` leaves the rule out. */
  readonly severities?: Readonly<Partial<Record<RuleId, FindingSeverity | "off">>> | undefined;
  /** The largest file that is looked at, in bytes of UTF-8. Defaults to 1,048,576. */
  readonly maxFileBytes?: number | undefined;
}

/** The largest file that is looked at unless the options say otherwise. */
export const DEFAULT_MAX_FILE_BYTES = 1_048_576;

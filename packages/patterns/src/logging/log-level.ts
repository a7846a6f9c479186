import type { Severity } from "@antiphon/std";

/** The levels from the most talkative to the gravest; the same words as error severities. */
export const LogLevels = ["trace", "debug", "info", "warning", "error", "critical", "fatal"] as const;

/** How much a line matters. */
export type LogLevel = Severity;

/** From which level lines are written; `warn` is `warning`, `silent` writes none. */
export type LogThreshold = LogLevel | "warn" | "silent";

/** pino's numbers for the levels, with `critical` between `error` and `fatal`. */
export const levelNumbers: Readonly<Record<LogLevel, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warning: 40,
  error: 50,
  critical: 55,
  fatal: 60,
};

/** The number from which a threshold lets lines through. */
export function thresholdNumber(threshold: LogThreshold): number {
  if (threshold === "silent") return Number.POSITIVE_INFINITY;
  return levelNumbers[threshold === "warn" ? "warning" : threshold];
}

/**
 * The threshold that the environment asks for: `ANTIPHON_LOG_LEVEL`, or `debug` when `ANTIPHON_DEBUG` is true, 1, yes or on; otherwise
 * `fallback`. A level that does not exist counts as not set.
 */
export function logLevelFrom(
  environment: Readonly<Record<string, string | undefined>>,
  fallback: LogThreshold = "info",
): LogThreshold {
  const asked = environment["ANTIPHON_LOG_LEVEL"]?.toLowerCase();
  const known = [...LogLevels, "warn", "silent"].find((level) => level === asked);
  if (known !== undefined) return known as LogThreshold;
  return /^(?:1|true|yes|on)$/i.test(environment["ANTIPHON_DEBUG"] ?? "") ? "debug" : fallback;
}

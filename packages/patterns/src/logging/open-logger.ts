import type { DestinationStream } from "pino";
import { openFileOutput } from "./file-output.ts";
import { createJsonFormatter, createPrettyFormatter } from "./formatters.ts";
import type { LogThreshold } from "./log-level.ts";
import { createLogger, type LoggerOptions, type StructuredLogger } from "./structured-logger.ts";

/** What a configuration says of logging: the group `logging` of `baseConfigSchema`. */
export interface LoggingSettings {
  /** From which level lines are written. */
  readonly level: LogThreshold;
  /** JSON lines, or text for people. */
  readonly format: "json" | "pretty";
  /** Where the lines go. */
  readonly handlers: readonly ("console" | "file")[];
  /** The file of the handler `file`. */
  readonly file: string;
}

const nowhere: DestinationStream = { write: () => {} };

/**
 * Builds a logger as a configuration wants it; closing it writes out the file.
 *
 * Rejects when the file cannot be opened.
 */
export async function openLogger(
  { level, format, handlers, file }: LoggingSettings,
  options: Omit<LoggerOptions, "level" | "format"> = {},
): Promise<StructuredLogger> {
  const output = handlers.includes("file") ? await openFileOutput(file) : undefined;
  const destination = handlers.includes("console") ? options.destination : nowhere;
  const logger = createLogger({ ...options, level, format, ...(destination === undefined ? {} : { destination }) });
  if (output !== undefined) {
    // A file is read by other programs and later: no colours.
    const formatter = format === "json" ? createJsonFormatter() : createPrettyFormatter({ colors: false });
    logger.addHandler({ output, formatter });
  }
  return logger;
}

export { openFileOutput, streamOutput, type FileOutput, type FileOutputOptions } from "./file-output.ts";
export { createJsonFormatter, createPrettyFormatter, shouldColor, type PrettyOptions } from "./formatters.ts";
export { currentLogContext, withLogContext } from "./log-context.ts";
export type { LogQuery } from "./log-history.ts";
export { logLevelFrom, LogLevels, type LogLevel, type LogThreshold } from "./log-level.ts";
export type { LogFormatter, LogHandler, LogOutput, LogRecord } from "./log-record.ts";
export { createLogger, type LoggerOptions, type StructuredLogger } from "./structured-logger.ts";
export { openLogger, type LoggingSettings } from "./open-logger.ts";

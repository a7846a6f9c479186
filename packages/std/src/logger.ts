/** Facts that go with a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a package writes its log lines. `console` and most loggers can be adapted in a few lines; the default is silence. */
export interface Logger {
  /** Every step, for somebody who follows one request. */
  trace(message: string, fields?: LogFields): void;
  /** What helps to find a fault. */
  debug(message: string, fields?: LogFields): void;
  /** What an operator wants to know in normal times. */
  info(message: string, fields?: LogFields): void;
  /** Something is wrong and was dealt with. */
  warn(message: string, fields?: LogFields): void;
  /** Something is wrong and somebody must look. */
  error(message: string, fields?: LogFields): void;
}

const ignore = () => {};

/** A logger that writes nothing. */
export const silentLogger: Logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

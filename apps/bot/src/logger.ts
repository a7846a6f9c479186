import { describeError, type LogFields, type Logger } from "@antiphon/std";
import { pino, type DestinationStream } from "pino";

/** What must not stand in a log, wherever it comes from. */
const SECRET_FIELDS = ["token", "password", "authorization", "*.token", "*.password", "*.authorization"];

/** Options of {@link createBotLogger}. */
export interface BotLoggerOptions {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  /** Where the lines go, as JSON. Defaults to standard output. */
  readonly destination?: DestinationStream;
}

/** A logger that writes JSON lines, secrets redacted and errors as text. */
export function createBotLogger({ level, destination }: BotLoggerOptions): Logger {
  const target = pino({ level, base: null, redact: { paths: SECRET_FIELDS, censor: "[redacted]" } }, destination);
  const write =
    (name: "trace" | "debug" | "info" | "warn" | "error") =>
    (message: string, fields: LogFields = {}) => {
      const error = "error" in fields ? { error: describeError(fields["error"]) } : {};
      target[name]({ ...fields, ...error }, message);
    };
  return {
    trace: write("trace"),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
}

import { writeFile } from "node:fs/promises";
import { describeError, isAntiphonError, systemClock, type Clock, type LogFields, type Logger } from "@antiphon/std";
import { pino, type DestinationStream } from "pino";
import { PatternsError } from "../error.ts";
import { contextOfError } from "../errors/error-context.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { isSecretName, redactFields, REDACTED, redactText } from "../redact.ts";
import { createJsonFormatter, createPrettyFormatter } from "./formatters.ts";
import { currentLogContext } from "./log-context.ts";
import { createLogHistory, type LogQuery } from "./log-history.ts";
import { levelNumbers, thresholdNumber, type LogLevel, type LogThreshold } from "./log-level.ts";
import type { LogFormatter, LogHandler, LogRecord } from "./log-record.ts";

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Which part of the application speaks; each line carries it. */
  readonly name?: string;
  /** From which level lines are written. Defaults to `info`. */
  readonly level?: LogThreshold;
  /** JSON lines for machines, or `pretty` for a terminal. Defaults to `json`. */
  readonly format?: "json" | "pretty";
  /** Where the lines go. Defaults to standard output. */
  readonly destination?: DestinationStream;
  /** Further field names whose values are secrets, besides the usual ones (`token`, `password`, `apiKey`, …). */
  readonly secretNames?: readonly string[];
  /** How many records are kept for `query` and `exportTo`. Defaults to 0: none. */
  readonly historyLimit?: number;
  /** Where lines are counted by level, as `log_lines_total`. Defaults to nowhere. */
  readonly metrics?: Metrics;
  /** Time of the records of handlers and memory; JSON lines carry the system's time. */
  readonly clock?: Clock;
}

/** A logger of JSON lines with levels, context, handlers and a memory. It is a {@link Logger} of `@antiphon/std`. */
export interface StructuredLogger extends Logger, AsyncDisposable {
  /** A part of the application no longer works. */
  critical(message: string, fields?: LogFields): void;
  /** The process is about to end. */
  fatal(message: string, fields?: LogFields): void;
  /** Writes a line whatever the level is set to, marked `audit: true`: for events that somebody must be able to find later. */
  audit(message: string, fields?: LogFields): void;
  /** Whether lines of this level are written, to spare the work of making one. */
  isEnabled(level: LogLevel): boolean;
  /** From which level lines are written; may be set at any time, also for all children. */
  level: LogThreshold;
  /** A logger whose lines carry these fields as well; it shares level, handlers and memory. */
  child(fields: LogFields): StructuredLogger;
  /** Adds a field to each later line of this logger and of children made from now on. */
  addContext(name: string, value: unknown): void;
  /** Removes a field that was added. */
  removeContext(name: string): void;
  /** Adds a further place for records; disposing removes it without closing its output. */
  addHandler(handler: LogHandler): Disposable;
  /** The records kept, the oldest first. */
  query(query?: LogQuery): readonly LogRecord[];
  /** Writes the records kept to a file, as a JSON array. Returns how many. */
  exportTo(path: string, query?: LogQuery): Promise<number>;
  /** What was lost: records that the memory no longer holds, and lines that a handler failed to take. */
  readonly losses: { readonly history: number; readonly handlers: number };
  /** The registry that lines are counted in, if one was given. */
  readonly metrics: Metrics | undefined;
  /** Closes the outputs of every handler and flushes the destination; idempotent. Later lines are dropped. */
  close(): Promise<void>;
}

/** A chain of causes that is longer tells nobody anything. */
const MAXIMUM_CAUSES = 10;

type Write = (level: LogLevel, fields: LogFields, message: string) => void;

/** What a logger and its children share. */
interface Core {
  readonly handlers: Set<LogHandler>;
  readonly clean: (fields: LogFields) => LogFields;
  readonly write: Write;
  readonly query: (query: LogQuery) => readonly LogRecord[];
  readonly losses: { history: number; handlers: number };
  readonly metrics: Metrics | undefined;
  readonly close: () => Promise<void>;
  threshold: LogThreshold;
  minimum: number;
}

/** The time as pino wants it; many lines fall into one millisecond, and a date is dear to print. */
function createTimestamp(): () => string {
  let atMs = 0;
  let text = "";
  return () => {
    const nowMs = Date.now();
    if (nowMs !== atMs) {
      atMs = nowMs;
      text = `,"time":"${new Date(nowMs).toISOString()}"`;
    }
    return text;
  };
}

/** pino under our own level names and field names. */
function createPinoWriter({ name, destination }: LoggerOptions): Write {
  const { warning, critical } = levelNumbers;
  const target = pino<"warning" | "critical">(
    {
      level: "trace",
      base: name === undefined ? null : { name },
      customLevels: { warning, critical },
      messageKey: "message",
      formatters: { level: (level) => ({ level }) },
      timestamp: createTimestamp(),
    },
    destination,
  );
  return (level, fields, message) => target[level](fields, message);
}

function createPrettyWriter({ destination, name, clock = systemClock }: LoggerOptions): Write {
  const format = createPrettyFormatter();
  const stream = destination ?? process.stdout;
  return (level, fields, message) => {
    stream.write(`${format({ atMs: clock.now(), level, name, message, fields })}\n`);
  };
}

function createCleaner(secretNames: readonly string[]): (fields: LogFields) => LogFields {
  if (secretNames.length === 0) return redactFields;
  const more = new Set(secretNames);
  return (fields) => {
    const clean = redactFields(fields);
    const found = Object.keys(clean).filter((name) => more.has(name) && !isSecretName(name));
    return found.length === 0 ? clean : { ...clean, ...Object.fromEntries(found.map((name) => [name, REDACTED])) };
  };
}

/** The causes of an error, the nearest first; a circle of causes ends where it closes. */
function causesOf(error: unknown): readonly string[] {
  const seen = new Set<unknown>([error]);
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && !seen.has(cause) && seen.size <= MAXIMUM_CAUSES) {
    seen.add(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return [...seen].slice(1).map((each) => redactText(describeError(each)));
}

/**
 * An error as text, with its code, its causes and where it happened as fields of their own, because JSON shows an Error as `{}`. Fields
 * that the caller gave win.
 */
function describeErrors(fields: LogFields): LogFields {
  const { error } = fields;
  if (error === undefined) return fields;
  const causes = causesOf(error);
  const context = contextOfError(error);
  return {
    ...(isAntiphonError(error) ? { errorCode: error.code } : {}),
    ...(context === undefined ? {} : { errorContext: context }),
    ...(causes.length === 0 ? {} : { errorCauses: causes }),
    ...fields,
    error: redactText(describeError(error)),
  };
}

function createCore(options: LoggerOptions): Core {
  const {
    level: threshold = "info",
    format = "json",
    historyLimit = 0,
    clock = systemClock,
    destination,
    name,
    metrics,
  } = options;
  const lines = metrics?.counter("log_lines_total", { help: "Log lines by level", labelNames: ["level"] });
  const writeMain = format === "json" ? createPinoWriter(options) : createPrettyWriter(options);
  const history = createLogHistory(historyLimit);
  const handlers = new Set<LogHandler>();
  const toJson = createJsonFormatter();
  let closing: Promise<void> | undefined;
  let handlerLosses = 0;

  const hand = (record: LogRecord, { level: floor = "trace", formatter = toJson, output }: LogHandler) => {
    if (levelNumbers[record.level] < levelNumbers[floor]) return;
    try {
      output.write(formatter(record));
    } catch {
      // Whoever logs must not fail because an output does; the loss shows in `losses`.
      handlerLosses++;
    }
  };
  const close = async () => {
    const outputs = new Set([...handlers].map(({ output }) => output));
    await Promise.allSettled([...outputs].map(async (output) => output.close?.()));
    handlers.clear();
    const flushable = destination as { flushSync?: () => void } | undefined;
    flushable?.flushSync?.();
  };
  return {
    handlers,
    clean: createCleaner(options.secretNames ?? []),
    write(level, fields, message) {
      if (closing !== undefined) return;
      writeMain(level, fields, message);
      lines?.increment({ level });
      if (historyLimit === 0 && handlers.size === 0) return;
      const record = { atMs: clock.now(), level, name, message, fields };
      if (historyLimit > 0) history.add(record);
      for (const handler of handlers) hand(record, handler);
    },
    query: history.query,
    metrics,
    losses: {
      get history() {
        return history.dropped;
      },
      get handlers() {
        return handlerLosses;
      },
    },
    close: () => (closing ??= close()),
    threshold,
    minimum: thresholdNumber(threshold),
  };
}

function buildLogger(core: Core, inherited: LogFields): StructuredLogger {
  let context = inherited;
  let hasContext = Object.keys(context).length > 0;

  const setContext = (fields: LogFields) => {
    context = fields;
    hasContext = Object.keys(fields).length > 0;
  };
  const write = (level: LogLevel, message: string, own: LogFields | undefined) => {
    const ambient = currentLogContext();
    const merged = hasContext || ambient !== undefined ? { ...context, ...ambient, ...own } : (own ?? {});
    const fields = core.clean(describeErrors(merged));
    core.write(level, fields, message);
  };
  const method = (level: LogLevel) => {
    const number = levelNumbers[level];
    return (message: string, fields?: LogFields) => {
      if (number >= core.minimum) write(level, message, fields);
    };
  };
  const logger: StructuredLogger = {
    trace: method("trace"),
    debug: method("debug"),
    info: method("info"),
    warn: method("warning"),
    error: method("error"),
    critical: method("critical"),
    fatal: method("fatal"),
    audit: (message, fields) => write("info", message, { ...fields, audit: true }),
    isEnabled: (level) => levelNumbers[level] >= core.minimum,
    get level() {
      return core.threshold;
    },
    set level(threshold) {
      core.threshold = threshold;
      core.minimum = thresholdNumber(threshold);
    },
    child: (fields) => buildLogger(core, { ...context, ...fields }),
    addContext: (field, value) => setContext({ ...context, [field]: value }),
    removeContext(field) {
      const { [field]: _removed, ...rest } = context;
      setContext(rest);
    },
    addHandler(handler) {
      core.handlers.add(handler);
      return { [Symbol.dispose]: () => void core.handlers.delete(handler) };
    },
    query: (query = {}) => core.query(query),
    async exportTo(path, query = {}) {
      const records = core.query(query);
      const toJson: LogFormatter = createJsonFormatter();
      await writeFile(path, `[${records.map(toJson).join(",\n")}]\n`);
      return records.length;
    },
    losses: core.losses,
    metrics: core.metrics,
    close: core.close,
    [Symbol.asyncDispose]: core.close,
  };
  return logger;
}

/**
 * Builds a {@link StructuredLogger}.
 *
 * @throws PatternsError PATTERNS_INVALID_ARGUMENT when `historyLimit` is no whole number from 0
 */
export function createLogger(options: LoggerOptions = {}): StructuredLogger {
  const { historyLimit = 0 } = options;
  if (!Number.isInteger(historyLimit) || historyLimit < 0) {
    const message = `createLogger: historyLimit must be a whole number from 0, not ${historyLimit}.`;
    throw new PatternsError("PATTERNS_INVALID_ARGUMENT", message);
  }
  return buildLogger(createCore(options), {});
}

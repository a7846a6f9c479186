import type { LogFields } from "@antiphon/std";
import type { LogLevel } from "./log-level.ts";

/** One line before it becomes text: plain data without secrets. */
export interface LogRecord {
  /** When it was written, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** How much it matters. */
  readonly level: LogLevel;
  /** The logger's name. */
  readonly name?: string | undefined;
  /** What happened. */
  readonly message: string;
  /** The context and the line's own facts. */
  readonly fields: LogFields;
}

/** Turns a record into text, without a line break at the end. */
export type LogFormatter = (record: LogRecord) => string;

/** Takes one line of text at a time. */
export interface LogOutput {
  /** Takes a line, without its line break. */
  write(line: string): void;
  /** Writes out what is buffered and frees the output. */
  close?(): Promise<void> | void;
}

/** A further place for records, besides the logger's own destination. */
export interface LogHandler {
  /** From which level it takes records. Defaults to all that the logger lets through. */
  readonly level?: LogLevel;
  /** How a record becomes text. Defaults to JSON. */
  readonly formatter?: LogFormatter;
  /** Where the text goes. */
  readonly output: LogOutput;
}

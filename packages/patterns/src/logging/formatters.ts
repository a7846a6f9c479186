import { inspect, styleText } from "node:util";
import type { LogLevel } from "./log-level.ts";
import type { LogFormatter, LogRecord } from "./log-record.ts";

/** A value as JSON can show it: big integers as text, and circles cut. */
function toJson(record: object): string {
  const parents: object[] = [];
  return JSON.stringify(record, function replace(this: object, _key: string, value: unknown) {
    if (typeof value === "bigint") return value.toString();
    if (typeof value !== "object" || value === null) return value;
    // `this` holds `value`: whatever is no longer above it has been left.
    while (parents.length > 0 && parents.at(-1) !== this) parents.pop();
    if (parents.includes(value)) return "[circular]";
    parents.push(value);
    return value;
  });
}

/** A formatter that writes one JSON object for each line: `level`, `time` in ISO 8601, `name`, `message`, then the fields. */
export function createJsonFormatter(): LogFormatter {
  return ({ atMs, level, name, message, fields }) => {
    const head = { level, time: new Date(atMs).toISOString(), ...(name === undefined ? {} : { name }), message };
    // The head comes last again, so that a field cannot pass for the level or the time.
    return toJson({ ...head, ...fields, ...head });
  };
}

type Style = Parameters<typeof styleText>[0];

const styles: Readonly<Record<LogLevel, Style>> = {
  trace: "gray",
  debug: "cyan",
  info: "green",
  warning: "yellow",
  error: "red",
  critical: ["bold", "red"],
  fatal: ["bold", "white", "bgRed"],
};

/** Options of {@link createPrettyFormatter}. */
export interface PrettyOptions {
  /** Whether to colour. Defaults to what {@link shouldColor} says. */
  readonly colors?: boolean;
}

/** Whether a stream gets colours: `FORCE_COLOR` wins, then `NO_COLOR`, then whether it is a terminal. */
export function shouldColor(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  stream: { readonly isTTY?: boolean } = process.stdout,
): boolean {
  const forced = environment["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0";
  // https://no-color.org: set to anything but the empty string.
  if (environment["NO_COLOR"]) return false;
  return stream.isTTY === true && environment["TERM"] !== "dumb";
}

function showValue(value: unknown): string {
  if (typeof value === "string") return /^[\w.:/@#-]+$/.test(value) ? value : JSON.stringify(value);
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, compact: true });
}

/** Text from outside may hold codes that move the cursor or rewrite the line; they are shown, not obeyed. */
function showControl(text: string): string {
  return text.replaceAll(
    /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** A formatter for a person at a terminal: time, level, name, message, and fields as `name=value`. */
export function createPrettyFormatter({ colors = shouldColor() }: PrettyOptions = {}): LogFormatter {
  const paint = (style: Style, text: string) => (colors ? styleText(style, text, { validateStream: false }) : text);
  return ({ atMs, level, name, message, fields }: LogRecord) => {
    const time = new Date(atMs).toISOString().slice(11, 23);
    const pairs = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${paint("gray", `${showControl(key)}=`)}${showControl(showValue(value))}`);
    const parts = [
      paint("gray", time),
      paint(styles[level], level.toUpperCase().padEnd(8)),
      ...(name === undefined ? [] : [paint("magenta", showControl(name))]),
      showControl(message),
      ...pairs,
    ];
    return parts.join(" ");
  };
}

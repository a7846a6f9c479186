import { parseArgs } from "node:util";
import type { FindingSeverity } from "../rule.ts";

/** The forms of a report. */
export const reportFormats = ["text", "json", "sarif"] as const;

/** What the command line asks for. */
export interface AnalyzeArguments {
  readonly path: string;
  readonly format: (typeof reportFormats)[number];
  readonly output: string | undefined;
  readonly settings: string | undefined;
  readonly baseline: string | undefined;
  readonly updateBaseline: boolean;
  readonly failOn: FindingSeverity | "never" | undefined;
  readonly quiet: boolean;
  readonly wants: "analysis" | "help" | "rules";
}

const severities = ["note", "warning", "error", "never"] as const;

/** What `--help` prints. */
export const usage = `Usage: antiphon-analyze [PATH] [options]

Measures the JavaScript and TypeScript in a folder (or a file; by default the current folder): complexity, style, security,
documentation, slow spots and repeated code.

  --format FORMAT       text (default), json, or sarif
  --output FILE         write the report to FILE instead of the terminal
  --settings FILE       limits, severities, thresholds and files; by default antiphon-analyze.json in PATH, where there is one
  --baseline FILE       findings in FILE don't count
  --update-baseline     write the findings of today to the baseline file
  --fail-on SEVERITY    the least bad findings that count: note, warning (default), error, never
  --quiet               no progress
  --rules               list the rules
  --help                this text

A comment \`quality-ignore RULE: reason\` accepts a finding on its own line or the next one.

Exit codes: 0 every threshold holds, 1 some do not, 2 the arguments or files cannot be used, 130 interrupted.
`;

function oneOf<const Choice extends string>(name: string, value: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Error(`--${name} must be one of ${choices.join(", ")}, not "${value}".`);
  return found;
}

/** Reads the command line. Throws an Error that says what is wrong with it. */
export function readArguments(argv: readonly string[]): AnalyzeArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      format: { type: "string", default: "text" },
      output: { type: "string", short: "o" },
      settings: { type: "string" },
      baseline: { type: "string" },
      "update-baseline": { type: "boolean", default: false },
      "fail-on": { type: "string" },
      quiet: { type: "boolean", short: "q", default: false },
      rules: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [path = ".", ...others] = positionals;
  if (others.length > 0) throw new Error(`One folder or file at a time: "${others.join('", "')}" is too many.`);
  if (values["update-baseline"] && values.baseline === undefined) {
    throw new Error("--update-baseline needs --baseline FILE, the file to write.");
  }
  const failOn = values["fail-on"];
  return {
    path,
    format: oneOf("format", values.format, reportFormats),
    output: values.output,
    settings: values.settings,
    baseline: values.baseline,
    updateBaseline: values["update-baseline"],
    failOn: failOn === undefined ? undefined : oneOf("fail-on", failOn, severities),
    quiet: values.quiet,
    wants: values.help ? "help" : values.rules ? "rules" : "analysis",
  };
}

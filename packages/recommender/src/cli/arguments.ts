import { parseArgs } from "node:util";
import { historyFormats, type HistoryFormat } from "../importers/read-history.ts";

/** The models that can be evaluated; each knows what the one before knows. */
export const modelNames = ["neighbours", "band", "factors"] as const;

/** What `evaluate` is asked for. */
export interface EvaluateArguments {
  readonly command: "evaluate";
  readonly files: readonly string[];
  readonly model: (typeof modelNames)[number];
  readonly cutoff: number;
  readonly testRatio: number;
  readonly repeats: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** What `import` is asked for. */
export interface ImportArguments {
  readonly command: "import";
  readonly file: string;
  readonly database: string;
  readonly user: string;
  readonly format: HistoryFormat | undefined;
  readonly skipRows: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** What the command line asks for. */
export type RecommendArguments = { readonly command: "help" } | EvaluateArguments | ImportArguments;

/** What `--help` prints. */
export const usage = `Usage: antiphon-recommend evaluate FILE... [options]
       antiphon-recommend import FILE --database PATH [options]

evaluate builds a model from the beginning of each listener's history and measures how well it foretells the end, beside the most
popular and the recently played. A FILE is the SQLite history of a bot, or one listener's export of Last.fm, ListenBrainz, Spotify or
YouTube Music.

  --model NAME          neighbours (default), band (with a band of the graph's spectrum), or factors (with matrix factors)
  --cutoff COUNT        how many picks of an answer count; 20 by default
  --test-ratio RATIO    which part of each history is its end, between 0 and 1; 0.2 by default
  --repeats             what a listener had heard before counts too

import reads an export into a listening history. Run it again after whatever happened: a listen is kept once.

  --database PATH       the SQLite file, made when missing, or a postgresql:// URL
  --user ID             whose history it is; "me" by default
  --format FORMAT       csv, listenBrainz, spotify or youTubeMusic, when it must be that
  --skip-rows COUNT     rows at the beginning that an earlier run has kept

  --json                the report as JSON
  --quiet               no progress
  --help                this text

Exit codes: 0 done; 1 done, but rows were no listens or nothing could be measured; 2 the arguments, file or database cannot be used;
130 interrupted.
`;

function oneOf<const Choice extends string>(name: string, value: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Error(`--${name} must be one of ${choices.join(", ")}, not "${value}".`);
  return found;
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name} must be a whole number from ${least} on, not "${text}".`);
  return value;
}

const shared = {
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", short: "q", default: false },
} as const;

function readEvaluate(args: string[]): EvaluateArguments {
  const { values, positionals: files } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...shared,
      model: { type: "string", default: "neighbours" },
      cutoff: { type: "string", default: "20" },
      "test-ratio": { type: "string", default: "0.2" },
      repeats: { type: "boolean", default: false },
    },
  });
  if (files.length === 0) throw new Error("evaluate needs a FILE.");
  const testRatio = Number(values["test-ratio"]);
  if (!(testRatio > 0 && testRatio < 1))
    throw new Error(`--test-ratio must be between 0 and 1, not "${values["test-ratio"]}".`);
  return {
    command: "evaluate",
    files,
    model: oneOf("model", values.model, modelNames),
    cutoff: wholeNumber("cutoff", values.cutoff, 1),
    testRatio,
    repeats: values.repeats,
    json: values.json,
    quiet: values.quiet,
  };
}

function readImport(args: string[]): ImportArguments {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...shared,
      database: { type: "string" },
      user: { type: "string", default: "me" },
      format: { type: "string" },
      "skip-rows": { type: "string", default: "0" },
    },
  });
  const [file, ...others] = positionals;
  if (file === undefined) throw new Error("import needs a FILE.");
  if (others.length > 0) throw new Error(`One file at a time: "${others.join('", "')}" is too many.`);
  if (values.database === undefined) throw new Error("import needs --database PATH.");
  if (values.user === "") throw new Error("--user must not be empty.");
  return {
    command: "import",
    file,
    database: values.database,
    user: values.user,
    format: values.format === undefined ? undefined : oneOf("format", values.format, historyFormats),
    skipRows: wholeNumber("skip-rows", values["skip-rows"], 0),
    json: values.json,
    quiet: values.quiet,
  };
}

/** Reads the command line. Throws an Error that says what is wrong with it. */
export function readArguments(argv: readonly string[]): RecommendArguments {
  const [command, ...args] = argv;
  if (argv.includes("--help") || argv.includes("-h")) return { command: "help" };
  if (command === "evaluate") return readEvaluate(args);
  if (command === "import") return readImport(args);
  throw new Error(command === undefined ? "What shall be done?" : `There is no command "${command}".`);
}

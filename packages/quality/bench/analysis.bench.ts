import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineBench, type BenchContext } from "@antiphon/bench";
import { analyzeSource } from "@antiphon/quality";
import { Linter } from "eslint";

interface Source {
  readonly file: string;
  readonly text: string;
}

let corpus: Source[] = [];
let lines = 0;

function load(root: string, pattern: string): void {
  corpus = globSync(pattern, { cwd: root }).map((file) => ({
    file,
    text: readFileSync(join(root, file), "utf8"),
  }));
  lines = corpus.reduce((sum, { text }) => sum + text.split("\n").length, 0);
}

/** The JavaScript of ESLint itself: real code of the kind both can read, on every machine that can run this. */
function loadEslint(): void {
  load(dirname(createRequire(import.meta.url).resolve("eslint/package.json")), "lib/**/*.js");
}

/** The TypeScript of this repository, whose lines hold more than those of most. */
function loadWorkspace(): void {
  load(fileURLToPath(new URL("../..", import.meta.url)), "*/{src,test}/**/*.ts");
}

/** Lines a second of CPU time, the best of some passes: other work on the machine can only make a pass slower. */
function linesPerCpuSecond({ isQuick }: BenchContext, analyze: (source: Source) => unknown): number {
  let best = 0;
  for (let pass = 0; pass < (isQuick ? 3 : 8); pass++) {
    const before = process.cpuUsage();
    for (const source of corpus) analyze(source);
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, lines / ((user + system) / 1e6));
  }
  return best;
}

const linter = new Linter();
const config: Linter.Config = {
  languageOptions: { sourceType: "commonjs" },
  rules: {
    complexity: "error",
    "max-depth": "error",
    "max-lines": "error",
    "max-lines-per-function": "error",
    "max-params": "error",
    camelcase: "error",
    eqeqeq: "error",
    "no-await-in-loop": "error",
    "no-debugger": "error",
    "no-empty": "error",
    "no-eval": "error",
    "no-fallthrough": "error",
    "no-implied-eval": "error",
    "no-nested-ternary": "error",
    "no-new-func": "error",
    "no-throw-literal": "error",
    "no-var": "error",
    "no-warning-comments": "error",
  },
};

const ours = {
  name: "analyzeSource",
  measure: (context: BenchContext) => linesPerCpuSecond(context, ({ file, text }) => analyzeSource(file, text)),
};

export const typescriptThroughput = defineBench({
  name: "analysis of TypeScript, one core",
  unit: "lines/s CPU",
  setup: loadWorkspace,
  subject: ours,
  bar: { atLeast: 100_000 },
});

export const javascriptThroughput = defineBench({
  name: "analysis of JavaScript, one core",
  unit: "lines/s CPU",
  setup: loadEslint,
  subject: ours,
  rival: {
    name: "eslint",
    version: Linter.version,
    measure: (context) => linesPerCpuSecond(context, ({ file, text }) => linter.verify(text, config, file)),
  },
  bar: { atLeast: 100_000 },
  note: "ESLint with its own rules that come nearest: no cognitive complexity, secrets, taint, patterns, documentation or repetitions.",
});

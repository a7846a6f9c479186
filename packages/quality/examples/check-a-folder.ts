// Brings an old code base under a check without repairing all of it first: what is wrong today becomes the baseline, and from then on
// only new faults count. Reports are written for people and, as SARIF, for a forge that shows them beside the lines.
// Here: `npx node --conditions=@antiphon/source packages/quality/examples/check-a-folder.ts`; in a project of your own:
// `node check-a-folder.ts`.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { analyzeProject, createBaseline, formatSarif, formatText, judgeProject, type Gate } from "@antiphon/quality";

const folder = await mkdtemp(join(tmpdir(), "old-code-"));
const write = (file: string, text: string) => writeFile(join(folder, "src", file), text);
await mkdir(join(folder, "src"));
await write(
  "shell.js",
  `import { exec } from "node:child_process";
export function list(name) { exec("ls " + name); }
`,
);
await write(
  "mail.js",
  `/** Whether a text looks like an address. */
export const isAddress = (text) => /^([a-z]+)+@example\\.org$/.test(text);
`,
);

// The first look: everything is new.
const gate: Gate = { failOn: "warning", minDocumentedPercent: 40 };
const first = await analyzeProject(folder);
const before = judgeProject(first, gate);
console.log(formatText(first, before));

// It is written down once, and reviewed like code; each entry is told by its content and not by its line.
const baseline = createBaseline(first.findings);
console.log(`with the baseline the same code passes: ${judgeProject(first, gate, baseline).passed}`);

// Then somebody repairs one file and adds another with a fault of its own.
await write(
  "mail.js",
  `/** Whether a text looks like an address. */
export const isAddress = (text) => /^[a-z]+@example\\.org$/.test(text);
`,
);
await write(
  "token.js",
  `/** Says hello. */
export function greet() { return eval("'hel' + 'lo'" + process.argv[2]); }
`,
);
const second = await analyzeProject(folder);
const after = judgeProject(second, gate, baseline);
console.log(`fresh: ${after.fresh.map(({ file, line, rule }) => `${rule} in ${file}:${line}`).join(", ")}`);
console.log(`known: ${after.known.length}, gone from the code: ${after.gone.length}`);
for (const failure of after.failures) console.log(`the gate is closed: ${failure}`);

const sarif = JSON.parse(formatSarif(second, after)) as {
  readonly version: string;
  readonly runs: readonly { results: unknown[] }[];
};
console.log(`SARIF ${sarif.version} with ${sarif.runs[0]?.results.length} results`);
await rm(folder, { recursive: true });

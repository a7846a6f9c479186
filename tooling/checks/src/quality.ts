import {
  analyzeProject,
  countingFindings,
  documentedPercent,
  judgeProject,
  parseBaseline,
  parseSettings,
  type Finding,
  type ProjectAnalysis,
} from "@antiphon/quality";
import type { Check } from "./check.ts";
import { readText } from "./workspace.ts";

const SETTINGS = "antiphon-analyze.json";
const BASELINE = "tooling/checks/quality-baseline.json";
const update =
  "`node --conditions=@antiphon/source packages/quality/src/bin.ts . --baseline tooling/checks/quality-baseline.json --update-baseline`";

const describe = ({ file, line, column, message, rule }: Finding) => `${file}:${line}:${column}: ${message} (${rule})`;

function figuresOf({ files, lines, documentation, duplication, suppressed }: ProjectAnalysis, known: number): string {
  const documented = documentedPercent(documentation).toFixed(1);
  const repeated = duplication.percent.toFixed(2);
  const accepted = `${known} known findings, ${suppressed.length} suppressed`;
  return `${files.length} files, ${lines} lines; ${documented} % documented, ${repeated} % repeated; ${accepted}`;
}

/** Makes sure that the code has no faults that `@antiphon/quality` finds, but those of the baseline, which may only become fewer. */
export const qualityCheck: Check = {
  name: "quality",
  title: "complexity, security, documentation and repetition are within the limits of antiphon-analyze.json",
  async run(workspace) {
    const { root } = workspace;
    const settings = parseSettings(readText(workspace, SETTINGS));
    const baseline = parseBaseline(readText(workspace, BASELINE));
    const analysis = await analyzeProject(root, settings);
    const { fresh, known, gone, failures } = judgeProject(analysis, settings.gate, baseline);
    const counting = countingFindings(fresh, settings.gate ?? {});
    const stale =
      gone.length > 0 ? [`${gone.length} entries of ${BASELINE} are gone from the code; drop them with ${update}`] : [];
    return {
      problems: failures.length === 0 ? [] : [...counting.map(describe), ...failures],
      notes: [figuresOf(analysis, known.length), ...stale],
    };
  },
};

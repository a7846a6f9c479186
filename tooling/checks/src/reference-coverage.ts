import { readTestResults, type TestResults } from "@antiphon/vitest/results";
import type { Check } from "./check.ts";
import { publicNames, publicTexts } from "./public-names.ts";
import { readTable } from "./tab-separated.ts";
import type { Workspace } from "./workspace.ts";

const COVERAGE = "apps/docs/reference-coverage.tsv";
const MEMBERS = "apps/docs/reference-members.tsv";

const references: Readonly<Record<string, string>> = {
  K: "kryten",
  M: "music recommendation",
  S: "sonora",
  T: "ttbt5",
  Z: "zignal",
};

/** One row of the coverage table. */
interface Row {
  readonly id: string;
  readonly package: string;
  /** A public name (`createClient`, `ClientOptions.token`), or a command or route (`/play`, `GET /v4/info`). */
  readonly export: string;
  /** `packages/core/src/x.test.ts › title`. */
  readonly test: string;
  readonly state: string;
}

/** Whether the sources of a package make an entry of the `export` column public. */
function isPublic(workspace: Workspace, packageName: string, entry: string): boolean {
  const isRouteOrCommand = /[\s/]/.test(entry);
  if (isRouteOrCommand) {
    const text =
      entry
        .split(/\s+/)
        .at(-1)
        ?.replace(/^\/(?=[\w-]+$)/, "") ?? "";
    return publicTexts(workspace, packageName).some((source) => source.includes(`"${text}"`) || source.includes(text));
  }
  const [name = "", ...members] = entry.replaceAll("()", "").split(".");
  if (!publicNames(workspace, packageName).has(name)) return false;
  return members.every((member) =>
    publicTexts(workspace, packageName).some((source) => new RegExp(`\\b${member}\\b`).test(source)),
  );
}

function testProblem(test: string, results: TestResults): string | undefined {
  const [file = "", title = ""] = test.split(" › ");
  const ran = results[file];
  if (ran === undefined) return `the test file "${file}" did not run`;
  const found = ran.tests.find((each) => each.title === title);
  if (found === undefined) return `${file} has no test "${title}"`;
  return found.state === "passed" ? undefined : `the test "${title}" in ${file} ${found.state}`;
}

function rowProblems(workspace: Workspace, row: Row, results: TestResults): string[] {
  if (row.state === "open") return [];
  if (row.state !== "done") return [`state must be "open" or "done", not "${row.state}"`];
  const problems: string[] = [];
  if (row.export === "" || !isPublic(workspace, row.package, row.export)) {
    problems.push(`${row.package} makes no "${row.export}" public`);
  }
  const test = testProblem(row.test, results);
  return test === undefined ? problems : [...problems, test];
}

function tally(rows: readonly Row[]): string[] {
  const isDone = (row: Row) => row.state === "done";
  const perReference = Object.entries(references).map(([letter, title]) => {
    const own = rows.filter(({ id }) => id.startsWith(letter));
    return `${letter} ${title}: ${own.filter(isDone).length} / ${own.length}`;
  });
  return [...perReference, `all: ${rows.filter(isDone).length} / ${rows.length}`];
}

/** Makes sure that what the coverage table calls done is public and was tested in the last run of the tests. */
export const coverageCheck: Check = {
  name: "coverage",
  title: "what the table of the references calls done is public and tested",
  run(workspace) {
    const columns = ["id", "package", "export", "test", "state"] as const;
    const rows: Row[] = readTable(workspace, COVERAGE, columns);
    const members = readTable(workspace, MEMBERS, ["id"]).map(({ id }) => id);
    const known = new Set(members);
    const covered = new Set(rows.map(({ id }) => id));
    const results = readTestResults(workspace.root);
    const problems = [
      ...members.filter((id) => !covered.has(id)).map((id) => `${COVERAGE}: ${id} is missing`),
      ...rows.filter(({ id }) => !known.has(id)).map(({ id }) => `${COVERAGE}: there is no member ${id}`),
      ...rows.flatMap((row) =>
        rowProblems(workspace, row, results).map((problem) => `${COVERAGE}: ${row.id}: ${problem}`),
      ),
    ];
    if (covered.size !== rows.length) problems.push(`${COVERAGE}: some id stands there twice`);
    return { problems, notes: tally(rows) };
  },
};

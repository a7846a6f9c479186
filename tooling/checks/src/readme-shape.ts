import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { readText, type Workspace, type WorkspacePackage } from "./workspace.ts";

/** The headings of a package's README, in their order; others may stand between them. */
export const readmeHeadings = [
  "Install",
  "Example",
  "Options",
  "Events",
  "Error codes",
  "Guarantees and limits",
  "Why these dependencies",
  "Specifications",
] as const;

const README_LINES = 200;

/** What a package's README lacks: headings, brevity, or a paragraph for one of the package's error codes. */
export function readmeProblems(workspace: Workspace, subject: WorkspacePackage, codes: readonly string[]): string[] {
  const file = `${subject.folder}/README.md`;
  if (!existsSync(join(workspace.root, file))) return [`${file}: there is no README`];
  const text = readText(workspace, file);
  const lines = text.split("\n");
  const problems: string[] = [];
  if (lines[0] !== `# ${subject.manifest.name}`)
    problems.push(`${file}: the first line must be "# ${subject.manifest.name}"`);
  if (lines.length > README_LINES)
    problems.push(`${file}: ${lines.length} lines; a README has at most ${README_LINES}`);
  const headings = lines.filter((line) => line.startsWith("## ")).map((line) => line.slice(3).trim());
  const present = headings.filter((heading) => readmeHeadings.some((known) => known === heading));
  if (present.join() !== readmeHeadings.join()) {
    problems.push(`${file}: the headings must be ${readmeHeadings.join(", ")}; there are ${headings.join(", ")}`);
  }
  // A wing of a package may explain its own codes in its own README.
  const wings = globSync(`${subject.folder}/src/*/README.md`, { cwd: workspace.root });
  const texts = [text, ...wings.map((wing) => readText(workspace, wing))].join("\n");
  const undocumented = codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(texts));
  for (const code of undocumented) problems.push(`${file}: the error code ${code} has no paragraph (rule 8)`);
  return problems;
}

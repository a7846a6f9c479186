import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "./check.ts";
import { isPublished, readText, type Workspace, type WorkspacePackage } from "./workspace.ts";

interface Changeset {
  readonly file: string;
  /** Package names, each with its kind of release. */
  readonly releases: readonly (readonly [string, string])[];
}

function readChangesets(workspace: Workspace): Changeset[] {
  return readdirSync(join(workspace.root, ".changeset"))
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .map((fileName) => {
      const file = `.changeset/${fileName}`;
      const frontmatter = /^---\n([\s\S]*?)\n---\n/.exec(readText(workspace, file))?.[1] ?? "";
      const lines = frontmatter.matchAll(/^["']?(@[^"':]+)["']?:\s*(\w+)\s*$/gm);
      return { file, releases: Array.from(lines, ([, name = "", kind = ""]) => [name, kind] as const) };
    });
}

/** Whether a released package's files differ from those of its last release, which changesets tags `name@version`. */
function hasChangedSinceRelease(workspace: Workspace, { folder, manifest }: WorkspacePackage): boolean {
  const tag = `${manifest.name}@${manifest.version ?? ""}`;
  const args = ["diff", "--name-only", tag, "--", `${folder}/src`, `${folder}/package.json`];
  return execFileSync("git", args, { cwd: workspace.root, encoding: "utf8" }).trim() !== "";
}

/** Makes sure that whoever upgrades can read what changed: every new or changed package is named by a changeset. */
export const changesetsCheck: Check = {
  name: "changesets",
  title: "every new or changed package has a changeset",
  run(workspace) {
    const changesets = readChangesets(workspace);
    const published = workspace.packages.filter(isPublished);
    const names = new Set(published.map(({ manifest }) => manifest.name));
    const problems: string[] = [];
    for (const { file, releases } of changesets) {
      if (releases.length === 0) problems.push(`${file}: its frontmatter names no package`);
      for (const [name, kind] of releases) {
        if (!names.has(name)) problems.push(`${file}: ${name} is no published package`);
        if (!["patch", "minor", "major"].includes(kind))
          problems.push(`${file}: "${kind}" is not patch, minor or major`);
      }
    }
    const named = new Set(changesets.flatMap(({ releases }) => releases.map(([name]) => name)));
    for (const subject of published.filter(({ manifest }) => !named.has(manifest.name))) {
      const isNew = subject.manifest.version === "0.0.0";
      if (!isNew && !hasChangedSinceRelease(workspace, subject)) continue;
      problems.push(
        `${subject.folder} is ${isNew ? "new" : "changed"} and no file in .changeset names it; run \`npm run changeset\``,
      );
    }
    return { problems };
  },
};

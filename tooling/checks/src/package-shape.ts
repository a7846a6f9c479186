import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { basename, join } from "node:path";
import type { Check } from "./check.ts";
import { errorCodes, isOnlyReexports } from "./module-syntax.ts";
import { readmeProblems } from "./readme-shape.ts";
import {
  isPublished,
  isRuntimeSource,
  readText,
  sourceFiles,
  type ExportTarget,
  type Manifest,
  type Workspace,
  type WorkspacePackage,
} from "./workspace.ts";

const SOURCE = "@antiphon/source";
const forbiddenNames = new Set(["utils", "util", "helpers", "helper", "types", "constants", "common", "misc"]);

/** The `exports` entry of a source, `./src/discord/index.ts`, as it must be. */
export function exportEntry(source: string): Record<string, string> {
  const built = source.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "");
  return { [SOURCE]: source, types: `${built}.d.ts`, default: `${built}.js` };
}

function exportProblems(
  root: string,
  folder: string,
  name: string,
  target: ExportTarget,
  manifest: Manifest,
): string[] {
  const source = typeof target === "string" ? undefined : target[SOURCE];
  if (source === undefined) return [`exports["${name}"] must have the condition "${SOURCE}"`];
  if (!existsSync(join(root, folder, source))) return [`exports["${name}"] names ${source}, which is not there`];
  const expected = exportEntry(source);
  // JSON keeps the order of keys, and the order of conditions is the order in which they are tried.
  if (JSON.stringify(target) !== JSON.stringify(expected))
    return [`exports["${name}"] must be ${JSON.stringify(expected)}`];
  const { [SOURCE]: _source, ...published } = expected;
  if (!isDeepStrictEqual(manifest.publishConfig?.exports?.[name], published)) {
    return [`publishConfig.exports["${name}"] must be ${JSON.stringify(published)}`];
  }
  return [];
}

function publishedProblems(root: string, { folder, manifest }: WorkspacePackage): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => void (holds || problems.push(problem));
  expect(/^[A-Z].*\.$/.test(manifest.description ?? ""), "description must be a sentence");
  expect(manifest.sideEffects === false, "sideEffects must be false");
  const files = [
    "dist",
    "examples",
    "src",
    "!src/**/*.test.ts",
    "!src/**/*.test-d.ts",
    "!src/**/*.contract.ts",
    "!src/**/__fixtures__",
  ];
  expect(isDeepStrictEqual(manifest.files, files), `files must be ${JSON.stringify(files)}`);
  expect(manifest.publishConfig?.access === "public", 'publishConfig.access must be "public"');
  expect(manifest.scripts?.build === "antiphon-build", 'scripts.build must be "antiphon-build"');
  expect(manifest.engines?.node === ">=22.18", 'engines.node must be ">=22.18"');
  expect(existsSync(join(root, folder, "tsconfig.json")), "it needs a tsconfig.json that extends @antiphon/tsconfig");
  const exported = Object.keys(manifest.exports ?? {});
  expect(exported.length > 0, "exports must name at least one entry");
  expect(
    isDeepStrictEqual(Object.keys(manifest.publishConfig?.exports ?? {}), exported),
    "publishConfig.exports must name the same entries as exports",
  );
  for (const [name, target] of Object.entries(manifest.exports ?? {})) {
    problems.push(...exportProblems(root, folder, name, target, manifest));
  }
  return problems;
}

function versionProblems(workspace: Workspace, { manifest }: WorkspacePackage): string[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  const isShared = (name: string) =>
    workspace.packages.filter((each) => name in { ...each.manifest.dependencies, ...each.manifest.devDependencies })
      .length > 1;
  return Object.entries(all).flatMap(([name, range]) => {
    if (name.startsWith("@antiphon/")) return range === "workspace:*" ? [] : [`${name} must be "workspace:*"`];
    return isShared(name) && range !== "catalog:"
      ? [`${name} is used by several packages, so its version belongs in the catalog`]
      : [];
  });
}

function fileProblems(workspace: Workspace, subject: WorkspacePackage): string[] {
  return sourceFiles(workspace, subject).flatMap((file) => {
    const name = basename(file).split(".")[0] ?? "";
    const problems: string[] = [];
    if (forbiddenNames.has(name)) problems.push(`${file}: a file is named for the one thing it exports, not "${name}"`);
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) problems.push(`${file}: file names are kebab-case`);
    if (name === "index" && !isOnlyReexports(file, readText(workspace, file))) {
      problems.push(`${file}: an index holds only \`export { … } from\` lines`);
    }
    return problems;
  });
}

function shapeProblems(workspace: Workspace, subject: WorkspacePackage): string[] {
  const { folder, manifest } = subject;
  const problems: string[] = [];
  if (manifest.name !== `@antiphon/${basename(folder)}`) problems.push(`name must be "@antiphon/${basename(folder)}"`);
  if (manifest.license !== "MIT") problems.push('license must be "MIT"');
  if (manifest.type !== "module") problems.push('type must be "module"');
  if (folder.startsWith("packages/") !== isPublished(subject))
    problems.push("packages/* are published, apps and tooling private");
  problems.push(...versionProblems(workspace, subject));
  if (isPublished(subject)) problems.push(...publishedProblems(workspace.root, subject));
  return problems.map((problem) => `${folder}/package.json: ${problem}`);
}

function documentedCodes(workspace: Workspace, subject: WorkspacePackage): string[] {
  return sourceFiles(workspace, subject)
    .filter(isRuntimeSource)
    .flatMap((file) => errorCodes(file, readText(workspace, file)));
}

/** Makes sure that every package has the same shape: manifest, entries, file names, README. */
export const packageShapeCheck: Check = {
  name: "shape",
  title: "every package has the same shape",
  run(workspace) {
    const problems = workspace.packages.flatMap((subject) => {
      const readme = isPublished(subject)
        ? readmeProblems(workspace, subject, documentedCodes(workspace, subject))
        : [];
      return [...shapeProblems(workspace, subject), ...fileProblems(workspace, subject), ...readme];
    });
    return { problems };
  },
};

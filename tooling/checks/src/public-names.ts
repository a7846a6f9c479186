import { join, posix } from "node:path";
import { exportedNames } from "./module-syntax.ts";
import {
  isRuntimeSource,
  readText,
  sourceFiles,
  type ExportTarget,
  type Workspace,
  type WorkspacePackage,
} from "./workspace.ts";

/** `@antiphon/protocol/discord` is found as `@antiphon/protocol`, `apps/bot` and `bot` as `@antiphon/bot`. */
function findPackage(workspace: Workspace, name: string): WorkspacePackage | undefined {
  const short =
    name
      .replace(/^@antiphon\//, "")
      .replace(/^(packages|apps|tooling)\//, "")
      .split("/")[0] ?? "";
  return workspace.packages.find(({ manifest }) => manifest.name === `@antiphon/${short}`);
}

const sourceOf = (target: ExportTarget): string | undefined =>
  typeof target === "string" ? target : target["@antiphon/source"];

/** Every name that a package's entries export. */
export function publicNames(workspace: Workspace, packageName: string): ReadonlySet<string> {
  const subject = findPackage(workspace, packageName);
  if (subject === undefined) return new Set();
  const entries = Object.values(subject.manifest.exports ?? {}).flatMap((target) => sourceOf(target) ?? []);
  return new Set(
    entries.flatMap((entry) => {
      const file = posix.join(subject.folder, entry);
      return exportedNames(join(workspace.root, file), readText(workspace, file));
    }),
  );
}

const texts = new WeakMap<WorkspacePackage, readonly string[]>();

/** The texts of a package's own sources, without its tests. */
export function publicTexts(workspace: Workspace, packageName: string): readonly string[] {
  const subject = findPackage(workspace, packageName);
  if (subject === undefined) return [];
  const known = texts.get(subject);
  if (known !== undefined) return known;
  const read = sourceFiles(workspace, subject)
    .filter(isRuntimeSource)
    .map((file) => readText(workspace, file));
  texts.set(subject, read);
  return read;
}

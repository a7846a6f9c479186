import { readFileSync, readdirSync, realpathSync, statSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
}

function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (found.isFile()) return found.size;
  const names = readdirSync(path).filter((name) => name !== "node_modules");
  return names.reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** What of a package is installed: for one of ours, what would be in its tarball; it is to be built before. */
function installedBytes(folder: string, { name, files }: Manifest): number {
  if (!name.startsWith("@antiphon/")) return sizeOf(folder);
  return ["package.json", "README.md", ...(files ?? []).filter((file) => !file.startsWith("!"))].reduce(
    (sum, file) => sum + sizeOf(join(folder, file)),
    0,
  );
}

/** How many bytes an installation of a package brings, with everything that it depends on. */
export function installClosureBytes(packageJson: string): number {
  const sizes = new Map<string, number>();
  const visit = (link: string) => {
    const path = realpathSync(link);
    if (sizes.has(path)) return;
    const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
    sizes.set(path, installedBytes(dirname(path), manifest));
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const next = findPackageJSON(name, path);
      if (next === undefined) throw new Error(`${name}, of ${manifest.name}, is not installed`);
      visit(next);
    }
  };
  visit(packageJson);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

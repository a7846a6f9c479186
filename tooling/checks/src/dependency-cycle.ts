import type { WorkspacePackage } from "./workspace.ts";

/** A circle of dependencies, devDependencies included (the build follows them too), as names; undefined when there is none. */
export function dependencyCycle(packages: readonly WorkspacePackage[]): string[] | undefined {
  const edges = new Map(
    packages.map(({ manifest }) => [
      manifest.name,
      Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies }),
    ]),
  );
  const finished = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (finished.has(name)) return undefined;
    for (const next of edges.get(name) ?? []) {
      const cycle = edges.has(next) ? visit(next, [...path, name]) : undefined;
      if (cycle !== undefined) return cycle;
    }
    finished.add(name);
    return undefined;
  };
  for (const name of edges.keys()) {
    const cycle = visit(name, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

import { existsSync, globSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isBench, type Bench } from "./define-bench.ts";

const kinds = ["packages", "apps"];

function benchFiles(root: string, packageName: string): string[] {
  return kinds.flatMap((kind) => globSync(join(root, kind, packageName, "bench", "*.bench.ts"))).sort();
}

/** The packages that have benchmarks. */
export function packagesWithBenches(root: string): string[] {
  return kinds
    .filter((kind) => existsSync(join(root, kind)))
    .flatMap((kind) => readdirSync(join(root, kind)))
    .filter((name) => benchFiles(root, name).length > 0)
    .sort();
}

/** Every benchmark that a package's bench files export, in the order of files and exports. */
export async function loadBenches(root: string, packageName: string): Promise<Bench[]> {
  const benches: Bench[] = [];
  for (const file of benchFiles(root, packageName)) {
    const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
    benches.push(...Object.values(module).filter(isBench));
  }
  return benches;
}

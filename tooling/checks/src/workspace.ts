import { existsSync, globSync, readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** What an entry of a manifest's `exports` says. */
export type ExportTarget = string | Readonly<Record<string, string>>;

/** The parts of a package.json that checks look at. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: unknown;
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, ExportTarget>>;
  readonly publishConfig?: { readonly access?: string; readonly exports?: Readonly<Record<string, ExportTarget>> };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly antiphon?: { readonly floor?: string };
}

/** One package of the workspace. */
export interface WorkspacePackage {
  /** `packages/voice`: from the root, with forward slashes. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The project: its root and its packages. */
export interface Workspace {
  readonly root: string;
  readonly packages: readonly WorkspacePackage[];
}

const kinds = ["packages", "apps", "tooling"];

/** Reads every package.json of the workspace at `root`. */
export function readWorkspace(root: string): Workspace {
  const packages = kinds
    .filter((kind) => existsSync(join(root, kind)))
    .flatMap((kind) => readdirSync(join(root, kind)).map((name) => `${kind}/${name}`))
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest,
    }));
  return { root, packages };
}

/** Whether a package goes to the registry. */
export function isPublished(subject: WorkspacePackage): boolean {
  return subject.manifest.private !== true;
}

/** The TypeScript files of a package, from the root of the project, with forward slashes. */
export function sourceFiles(workspace: Workspace, subject: WorkspacePackage): string[] {
  const cwd = join(workspace.root, subject.folder);
  return globSync("{src,test,bench,examples,scripts,web}/**/*.ts", { cwd })
    .filter((file) => !file.split(sep).some((part) => part === "node_modules" || part === "__fixtures__"))
    .map((file) => relative(workspace.root, join(cwd, file)).split(sep).join("/"))
    .sort();
}

/** Whether a file is part of what its package does at run time, not of its tests, benchmarks and examples. */
export function isRuntimeSource(file: string): boolean {
  return /^[^/]+\/[^/]+\/src\//.test(file) && !/\.(test|test-d|contract)\.ts$/.test(file);
}

/** The text of a file of the project. */
export function readText(workspace: Workspace, file: string): string {
  return readFileSync(join(workspace.root, file), "utf8");
}

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The releases that the tests were written against. */
const PACKAGES = { client: "kryten-py==0.17.5", robot: "kryten-robot==1.12.6" } as const;

/** Where each package lies; they share the module name `kryten`, so each has a folder of its own. */
export type PythonPackages = Readonly<Record<keyof typeof PACKAGES, string>>;

/**
 * Installs kryten's own client and robot from PyPI into folders that later runs find again, or says why that is not possible.
 */
export function installPythonPackages(): PythonPackages | string {
  const python = spawnSync("python3", ["-m", "pip", "--version"], { encoding: "utf8" });
  if (python.status !== 0) return "python3 with pip is not on this machine; kryten-py and kryten-robot need it";
  const folders: Record<string, string> = {};
  for (const [name, requirement] of Object.entries(PACKAGES)) {
    const folder = join(tmpdir(), `antiphon-${requirement.replace("==", "-")}`);
    folders[name] = folder;
    if (existsSync(join(folder, ".complete"))) continue;
    const problem = install(requirement, folder);
    if (problem !== undefined) return problem;
  }
  return folders as PythonPackages;
}

function install(requirement: string, folder: string): string | undefined {
  // Into a folder of this process first: two test runs at once must not see each other's half.
  const own = `${folder}-${process.pid}`;
  mkdirSync(own, { recursive: true });
  const options = [
    "--quiet",
    "--disable-pip-version-check",
    "--no-input",
    "--retries",
    "4",
    "--timeout",
    "20",
    "--target",
    own,
  ];
  const { status } = spawnSync("python3", ["-m", "pip", "install", ...options, requirement], { timeout: 160_000 });
  if (status !== 0) {
    rmSync(own, { recursive: true, force: true });
    return `pip could not install ${requirement}; is a package index reachable?`;
  }
  writeFileSync(join(own, ".complete"), "");
  if (!existsSync(folder)) renameSync(own, folder);
  else rmSync(own, { recursive: true, force: true });
  return undefined;
}

import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { debianPackageOf, debianServiceNames, findService } from "./find-service.ts";
import { fetchLavaplayerJars } from "./lavaplayer-library.ts";

/** What keeps this machine from installing services, in a sentence; undefined when nothing does. */
function obstacle(): string | undefined {
  if (process.platform !== "linux" || spawnSync("apt-get", ["--version"]).status !== 0) {
    return "Only Debian and its kin can install services by themselves (apt-get was not found). Install what `--list` shows as missing with the package manager of this machine.";
  }
  if (process.getuid?.() !== 0) return "Installing services needs root: run `sudo npm run services -- --install`.";
  return undefined;
}

/** How long is waited before the second attempt, the third, and so on: mirrors have hiccups that are over a moment later. */
const WAITS_MS = [5_000, 20_000, 60_000];

/** apt's own patience: with single files, and with whoever else installs something at the moment. */
const PATIENCE = ["-o", "Acquire::Retries=3", "-o", "Acquire::http::Timeout=60", "-o", "DPkg::Lock::Timeout=300"];

/** Whether it succeeds, at once or after some waiting. */
async function succeeds(title: string, waitsMs: readonly number[], run: () => boolean): Promise<boolean> {
  for (const waitMs of waitsMs) {
    if (run()) return true;
    console.log(`${title} failed; trying again in ${waitMs / 1_000} s.`);
    await sleep(waitMs);
  }
  return run();
}

async function apt(args: readonly string[]): Promise<void> {
  // At run level 1 Debian's packages do not start the daemons that they bring: tests start their own.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const run = () => {
    console.log(`apt-get ${args.join(" ")}`);
    return spawnSync("apt-get", [...PATIENCE, ...args], { stdio: ["ignore", "inherit", "inherit"], env }).status === 0;
  };
  if (!(await succeeds("apt-get", WAITS_MS, run)))
    throw new Error(
      `apt-get ${args.join(" ")} failed ${WAITS_MS.length + 1} times; its own words are above. Is the network there, and the disk not full?`,
    );
}

async function installDebianServices(): Promise<void> {
  const missing = debianServiceNames.filter((name) => findService(name) === undefined);
  if (missing.length === 0) return;
  const reason = obstacle();
  if (reason !== undefined) throw new Error(reason);
  console.log(`Installing ${missing.join(", ")} …`);
  await apt(["-q", "update"]);
  await apt(["-q", "-y", "--no-install-recommends", "install", ...missing.map(debianPackageOf)]);
  const still = missing.filter((name) => findService(name) === undefined);
  if (still.length > 0) throw new Error(`apt-get succeeded, but these are still not found: ${still.join(", ")}.`);
}

/** Its own registry may be out of reach where Debian's is not, so the tests can do without it; they say so when they are skipped. */
async function fetchLavaplayer(): Promise<void> {
  const mvn = findService("maven");
  if (mvn === undefined || findService("lavaplayer") !== undefined) return;
  console.log("Fetching lavaplayer …");
  if (!(await succeeds("mvn", WAITS_MS.slice(0, 1), () => fetchLavaplayerJars(mvn))))
    console.log(
      "Maven could not fetch lavaplayer; its own words are above. The tests that compare with it are skipped.",
    );
}

/** Installs every service that is missing; throws an Error that says what to do when that is not possible. */
export async function installServices(): Promise<void> {
  await installDebianServices();
  await fetchLavaplayer();
}

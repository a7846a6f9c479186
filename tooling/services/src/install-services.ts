import { spawnSync } from "node:child_process";
import { describeService, findService, serviceNames } from "./find-service.ts";

/** What keeps this machine from installing services, in a sentence; undefined when nothing does. */
function obstacle(): string | undefined {
  if (process.platform !== "linux" || spawnSync("apt-get", ["--version"]).status !== 0) {
    return "Only Debian and its kin can install services by themselves (apt-get was not found). Install what `--list` shows as missing with the package manager of this machine.";
  }
  if (process.getuid?.() !== 0) return "Installing services needs root: run `sudo npm run services -- --install`.";
  return undefined;
}

function apt(args: readonly string[]): void {
  console.log(`apt-get ${args.join(" ")}`);
  // At run level 1 Debian's packages do not start the daemons that they bring: tests start their own.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const { status } = spawnSync("apt-get", args, { stdio: ["ignore", "inherit", "inherit"], env });
  if (status !== 0)
    throw new Error(
      `apt-get ${args[0] ?? ""} failed; its own words are above. Is the network there, and the disk not full?`,
    );
}

/** Installs every service that is missing; throws an Error that says what to do when that is not possible. */
export function installServices(): void {
  const missing = serviceNames.filter((name) => findService(name) === undefined);
  if (missing.length === 0) {
    console.log("Every service is there already.");
    return;
  }
  const reason = obstacle();
  if (reason !== undefined) throw new Error(reason);
  console.log(`Installing ${missing.join(", ")} …`);
  apt(["-q", "update"]);
  apt([
    "-q",
    "-y",
    "--no-install-recommends",
    "install",
    ...missing.map((name) => describeService(name).debianPackage),
  ]);
  const still = missing.filter((name) => findService(name) === undefined);
  if (still.length > 0) throw new Error(`apt-get succeeded, but these are still not found: ${still.join(", ")}.`);
}

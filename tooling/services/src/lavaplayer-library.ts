import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The release inside Lavalink 4.2. */
const VERSION = "2.2.6";

/** Below a folder that git and formatters leave alone, by version, so that a new release is fetched anew. */
const jarsFolder = fileURLToPath(new URL(`../../../node_modules/.cache/lavaplayer-${VERSION}`, import.meta.url));
const pom = fileURLToPath(new URL("../lavaplayer/pom.xml", import.meta.url));

const FETCH_LIMIT_MS = 120_000;

/** The folder with lavaplayer and what it depends on; undefined when it was not fetched. */
export function findLavaplayerJars(): string | undefined {
  return existsSync(jarsFolder) ? jarsFolder : undefined;
}

/** Fetches lavaplayer through Maven; false, with Maven's own words on standard error, when that fails. */
export function fetchLavaplayerJars(mvn: string): boolean {
  if (existsSync(jarsFolder)) return true;
  // Into a folder of this process first: nobody must find the half of it.
  const own = `${jarsFolder}-${process.pid}`;
  mkdirSync(own, { recursive: true });
  const settings = [`-Dlavaplayer.version=${VERSION}`, `-DoutputDirectory=${own}`];
  const args = ["--batch-mode", "--quiet", "--file", pom, "dependency:copy-dependencies", ...settings];
  const { status } = spawnSync(mvn, args, { stdio: ["ignore", "inherit", "inherit"], timeout: FETCH_LIMIT_MS });
  const isThere = status === 0 && existsSync(join(own, `lavaplayer-${VERSION}.jar`));
  if (isThere && !existsSync(jarsFolder)) renameSync(own, jarsFolder);
  else rmSync(own, { recursive: true, force: true });
  return isThere;
}

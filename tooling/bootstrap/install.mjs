import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Failure, Interrupted, explain, failureOf } from "./failure.mjs";
import { withLock } from "./lock.mjs";
import { retryNetwork } from "./retry.mjs";

const PNPM = "pnpm@12";
const onWindows = process.platform === "win32";

/**
 * Where the bootstrap keeps its things, given the root of the project.
 *
 * @param {string} root
 */
export function layout(root) {
  const tools = join(root, ".tools");
  const pnpmBin = join(tools, "node_modules", ".bin");
  return {
    tools,
    lock: join(tools, "lock"),
    stamp: join(tools, "installed"),
    log: join(tools, "bootstrap.log"),
    pnpm: join(pnpmBin, onWindows ? "pnpm.cmd" : "pnpm"),
    node: join(root, "node_modules", "node", "bin", onWindows ? "node.exe" : "node"),
    path: [pnpmBin, join(root, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter),
  };
}

/**
 * A digest of everything that decides what is installed: the lockfile, the workspace and every package.json.
 *
 * @param {string} root
 */
export function manifestDigest(root) {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"];
  for (const folder of ["packages", "apps", "tooling"]) {
    if (!existsSync(join(root, folder))) continue;
    for (const name of readdirSync(join(root, folder)).sort()) files.push(`${folder}/${name}/package.json`);
  }
  for (const file of files) {
    if (existsSync(join(root, file))) hash.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** @param {string} path */
const readText = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");

/**
 * Runs a package manager with its output kept for the log, telling `report` each line.
 *
 * @param {{ title: string, file: string, args: readonly string[], root: string, log: string, report(line: string): void, environment: NodeJS.ProcessEnv }} options
 * @returns {Promise<void>}
 */
function runQuietly({ title, file, args, root, log, report, environment }) {
  return new Promise((resolve, reject) => {
    // npm and pnpm are .cmd files on Windows, which only a shell can start.
    const child = spawn(file, args, {
      cwd: root,
      env: environment,
      shell: onWindows,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const collect = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
      const line = chunk.toString().trim().split("\n").pop() ?? "";
      if (line !== "") report(line.trim());
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => {
      const missing = "code" in error && error.code === "ENOENT";
      reject(
        new Failure(
          missing
            ? `${title} failed: \`${file}\` was not found. It comes with Node; reinstall Node together with npm and run again.`
            : `${title} failed: ${error.message}`,
        ),
      );
    });
    child.on("close", (code, signal) => {
      if (code === 0) return resolve();
      if (signal === "SIGINT" || signal === "SIGTERM" || code === 130) return reject(new Interrupted());
      writeFileSync(log, output);
      reject(failureOf(title, output, log));
    });
  });
}

/** As {@link runQuietly}, again when the network failed. @param {Parameters<typeof runQuietly>[0]} options */
const runPatiently = (options) => retryNetwork(() => runQuietly(options), options.report);

/** How to call npm: by the file that is running us when npm is, else by name. @returns {{ file: string, first: string[] }} */
function npmCommand() {
  const script = process.env.npm_execpath ?? "";
  if (/npm-cli\.[cm]?js$/.test(script) && existsSync(script)) return { file: process.execPath, first: [script] };
  return { file: onWindows ? "npm.cmd" : "npm", first: [] };
}

/**
 * Makes sure that pnpm, the pinned Node and every package are there; does nothing when they are.
 *
 * @param {string} root
 * @param {ReturnType<typeof import("./progress.mjs").createProgress>} progress
 */
export async function ensureInstalled(root, progress) {
  const places = layout(root);
  const digest = manifestDigest(root);
  const isReady = () => existsSync(places.node) && readText(places.stamp) === digest;
  if (isReady()) return;

  try {
    mkdirSync(places.tools, { recursive: true });
  } catch (error) {
    throw new Failure(explain("Creating .tools", String(error), places.log));
  }
  const environment = { ...process.env, PATH: places.path };
  const onWait = () => process.stderr.write("Another Antiphon command is installing; waiting for it …\n");
  await withLock(places.lock, onWait, async () => {
    if (isReady()) return;
    if (!existsSync(places.pnpm)) {
      const npm = npmCommand();
      const args = [
        ...npm.first,
        "install",
        "--prefix",
        places.tools,
        "--no-save",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        // `npm start --silent` would otherwise keep npm from saying what went wrong.
        "--loglevel=error",
        PNPM,
      ];
      await progress.step("Getting pnpm 12", (report) =>
        runPatiently({ title: "Getting pnpm", file: npm.file, args, root, log: places.log, report, environment }),
      );
    }
    const args = ["install", "--frozen-lockfile", "--reporter=append-only", "--config.confirmModulesPurge=false"];
    await progress.step("Installing the packages and Node 24", (report) =>
      runPatiently({
        title: "Installing the packages",
        file: places.pnpm,
        args,
        root,
        log: places.log,
        report,
        environment,
      }),
    );
    if (!existsSync(places.node)) {
      throw new Failure(
        "The packages are installed, but the pinned Node is not among them. Delete node_modules and run again.",
      );
    }
    writeFileSync(places.stamp, digest);
  });
}

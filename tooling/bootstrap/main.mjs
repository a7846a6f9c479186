import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commands, nodeFlags } from "./commands.mjs";
import { Failure, Interrupted } from "./failure.mjs";
import { ensureInstalled, layout } from "./install.mjs";
import { createProgress } from "./progress.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs a command under the pinned Node and gives its exit code.
 *
 * @param {import("./commands.mjs").Command} command
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function runCommand(command, args) {
  const places = layout(root);
  const environment = {
    ...process.env,
    PATH: places.path,
    TURBO_TELEMETRY_DISABLED: "1",
    TURBO_NO_UPDATE_NOTIFIER: "1",
    DO_NOT_TRACK: "1",
  };
  const child = spawn(places.node, [...nodeFlags, join(root, command.file), ...(command.first ?? []), ...args], {
    cwd: root,
    env: environment,
    stdio: "inherit",
  });
  forwardSignals(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  });
}

/** @param {import("node:child_process").ChildProcess} child */
function forwardSignals(child) {
  // On a terminal Ctrl-C reaches the child by itself; sending it again would look like a second, impatient Ctrl-C.
  const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  process.on("SIGINT", () => void (onTerminal || child.kill("SIGINT")));
  process.on("SIGTERM", () => void child.kill("SIGTERM"));
  process.on("SIGHUP", () => void child.kill("SIGHUP"));
}

/** Without this a Ctrl-C during the installation would leave its lock behind; the package manager gets the signal itself. */
function surviveInterrupt() {
  const ignore = () => {};
  process.on("SIGINT", ignore);
  return () => process.off("SIGINT", ignore);
}

/** @param {readonly string[]} argv a command and its arguments */
export async function main([name = "", ...args]) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    console.error(`There is no command "${name}". The commands are: ${Object.keys(commands).join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  try {
    const stopSurviving = surviveInterrupt();
    await ensureInstalled(root, createProgress());
    stopSurviving();
    if (!existsSync(join(root, command.file)))
      throw new Failure(`\`npm run ${name}\` needs ${command.file}, which is not here.`);
    process.exitCode = await runCommand(command, args);
  } catch (error) {
    if (error instanceof Interrupted) {
      console.error("Interrupted.");
      process.exitCode = 130;
    } else if (error instanceof Failure) {
      console.error(`\n${error.message}`);
      process.exitCode = 1;
    } else throw error;
  }
}

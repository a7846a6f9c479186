import { spawn } from "node:child_process";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CRASH_REPORT_VARIABLE, RERUN_VARIABLE, takeCrashReport } from "./crash.ts";

const program = fileURLToPath(new URL("../../../node_modules/vitest/vitest.mjs", import.meta.url));

/** Runs vitest's own program, and gives its exit code. */
function runVitest(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  // On a terminal Ctrl-C reaches the child by itself; a second one would make it end without tidying up.
  const onTerminal = process.stdin.isTTY || process.stdout.isTTY;
  const forward = (signal: NodeJS.Signals) => void (signal === "SIGINT" && onTerminal ? undefined : child.kill(signal));
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      for (const each of signals) process.off(each, forward);
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}

/**
 * Runs the tests and gives the exit code. Where the process of a test file died by a fault of the engine (V8 has one that strikes about once
 * in a dozen runs, when WebAssembly is compiled in threads that end), that file runs once more, and what it says then counts. A failed
 * test is never run again, nor a file whose process dies twice.
 */
export async function runTests(args: readonly string[]): Promise<number> {
  const path = join(tmpdir(), `antiphon-test-crashes-${process.pid}.json`);
  const code = await runVitest(args, { [CRASH_REPORT_VARIABLE]: path });
  const report = takeCrashReport(path);
  if (report === undefined) return code;
  const lines = report.crashes.map(({ file, signal }) => `  ${file}: its process died by ${signal}; it runs once more`);
  console.log(`\nTest files that did not end:\n${lines.join("\n")}\n`);
  // What was measured before must not be replaced by what a few files cover.
  const again = args.filter((argument) => !argument.startsWith("--coverage"));
  const secondCode = await runVitest(again, { [RERUN_VARIABLE]: JSON.stringify(report) });
  return report.others.failed > 0 ? Math.max(1, secondCode) : secondCode;
}

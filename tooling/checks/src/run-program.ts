import { spawn } from "node:child_process";

/** How a program ended. */
export interface ProgramResult {
  readonly ok: boolean;
  /** What it printed on both streams. */
  readonly output: string;
}

/** Options of {@link runProgram}. */
export interface RunProgramOptions {
  readonly cwd: string;
  /** After this the program is killed and counts as failed. Defaults to no limit. */
  readonly limitMs?: number;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end with its output collected. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: RunProgramOptions,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", ...options.env },
      ...(options.limitMs === undefined ? {} : { timeout: options.limitMs, killSignal: "SIGKILL" as const }),
    });
    let output = "";
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal !== null)
        output += `\nended by ${signal}${options.limitMs === undefined ? "" : ` after ${options.limitMs} ms`}`;
      resolve({ ok: code === 0, output: output.trim() });
    });
  });
}

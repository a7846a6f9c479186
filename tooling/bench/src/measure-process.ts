import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a whole process cost, from its start to its end. */
export interface ProcessMeasure {
  /** CPU time of all its threads, in milliseconds. */
  readonly cpuMs: number;
  /** The most memory it held at once, in bytes. */
  readonly peakRssBytes: number;
  /** From start to end, in milliseconds. */
  readonly wallMs: number;
  /** What it printed on its standard output. */
  readonly output: string;
}

const reporter = fileURLToPath(new URL("report-usage.mjs", import.meta.url));

/** Runs a file in a Node process of its own, to its end, and tells what it cost. Rejects when it ends with another code than 0. */
export function measureProcess(file: string, args: readonly string[] = []): Promise<ProcessMeasure> {
  const startedMs = performance.now();
  const flags = ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning", "--import", reporter];
  const child = spawn(process.execPath, [...flags, file, ...args], { stdio: ["ignore", "pipe", "inherit", "pipe"] });
  let output = "";
  let usage = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stdio[3]?.on("data", (chunk: Buffer) => (usage += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code !== 0) return reject(new Error(`${file} ended with ${signal ?? code}`));
      const { cpuMs, peakRssBytes } = JSON.parse(usage) as { readonly cpuMs: number; readonly peakRssBytes: number };
      resolve({ cpuMs, peakRssBytes, wallMs: performance.now() - startedMs, output });
    });
  });
}

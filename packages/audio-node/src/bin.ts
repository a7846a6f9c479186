#!/usr/bin/env node
import process from "node:process";
import { runAudioNode } from "./cli/run-audio-node.ts";

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort());
process.exitCode = await runAudioNode(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interruption.signal,
});

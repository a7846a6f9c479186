#!/usr/bin/env node
import process from "node:process";
import { runRecommend } from "./cli/run-recommend.ts";

const interruption = new AbortController();
process.once("SIGINT", () => interruption.abort());
process.exitCode = await runRecommend(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  env: process.env,
  signal: interruption.signal,
});

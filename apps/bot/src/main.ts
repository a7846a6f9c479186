#!/usr/bin/env node
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeError, isAntiphonError } from "@antiphon/std";
import { startBot } from "./bot.ts";
import { environmentNames } from "./config/bot-config.ts";
import { loadConfig } from "./config/load-config.ts";
import { createBotLogger } from "./logger.ts";

const HELP = `Antiphon's reference bot.

Usage: npm run bot [-- --config FILE]

  --config FILE   a JSON file with settings; environment variables win over it
  --help          this text

Environment (a file named .env is read, too):
${Object.entries(environmentNames)
  .map(([variable, path]) => `  ${variable.padEnd(24)} ${path}`)
  .join("\n")}
`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: "string" }, help: { type: "boolean" } } });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  if (existsSync(".env")) process.loadEnvFile();
  const config = await loadConfig({ file: values.config });
  const stopping = new AbortController();
  const stop = () => stopping.abort(new Error("stopped by a signal"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  await using _bot = await startBot({
    config,
    logger: createBotLogger({ level: config.logLevel }),
    signal: stopping.signal,
  });
  if (!stopping.signal.aborted)
    await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve, { once: true }));
}

try {
  await main();
} catch (error) {
  // A configuration that does not fit has a line for each field; everything else is one line.
  const text = isAntiphonError(error, "BOT_CONFIG_INVALID") ? error.message : describeError(error);
  process.stderr.write(`antiphon-bot: ${text}\n`);
  process.exitCode = 1;
}

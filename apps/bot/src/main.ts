#!/usr/bin/env node
import { parseArgs } from "node:util";
import { openLogger } from "@antiphon/patterns/logging";
import { describeError, isAntiphonError } from "@antiphon/std";
import { startBot } from "./bot.ts";
import { environmentNames } from "./config/bot-config.ts";
import { openBotConfig } from "./config/load-config.ts";
import { thresholdOf } from "./log-threshold.ts";

const HELP = `Antiphon's reference bot.

Usage: npm run bot [-- --config FILE]

  --config FILE   a JSON file with settings; environment variables win over it. bot.production.json beside bot.json is laid over it
                  when ANTIPHON_ENV is production. A new logging.level in the file counts at once.
  --help          this text

Environment (a file named .env is read, too):
${Object.entries(environmentNames)
  .map(([variable, path]) => `  ${variable.padEnd(26)} ${path}`)
  .join("\n")}
`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: "string" }, help: { type: "boolean" } } });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  using config = await openBotConfig({ file: values.config, dotenvFile: ".env" });
  await using logger = await openLogger(
    { ...config.value.logging, level: thresholdOf(config.value) },
    { name: config.value.application.name },
  );
  config.on("change", ({ keys, current }) => {
    logger.level = thresholdOf(current);
    logger.info("the configuration has changed; all but the log level counts from the next start", { keys });
  });
  config.on("reloadFailed", ({ error }) => logger.error("the changed configuration is not used", { error }));
  if (values.config !== undefined) config.watch();

  const starting = new AbortController();
  const abort = () => starting.abort(new Error("stopped by a signal"));
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) process.once(name, abort);
  const bot = await startBot({ config: config.value, logger, signal: starting.signal });
  for (const name of signals) process.off(name, abort);
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  using _signals = bot.context.closeOnSignals({
    onClosed: (error) => (error === undefined ? resolve() : reject(error)),
  });
  await closed;
}

try {
  await main();
} catch (error) {
  // A configuration that does not fit has a line for each setting; everything else is one line.
  const text = isAntiphonError(error, "PATTERNS_CONFIGURATION_INVALID") ? error.message : describeError(error);
  process.stderr.write(`antiphon-bot: ${text}\n`);
  process.exitCode = 1;
}

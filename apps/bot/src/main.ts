#!/usr/bin/env node
import { parseArgs } from "node:util";
import { openLogger } from "@antiphon/patterns/logging";
import { describeError, isAntiphonError, type Logger } from "@antiphon/std";
import { startBot } from "./bot.ts";
import { environmentNames, type BotConfig } from "./config/bot-config.ts";
import { openBotConfig } from "./config/load-config.ts";
import { startGatewayRole } from "./roles/gateway-role.ts";
import { thresholdOf } from "./log-threshold.ts";

const HELP = `Antiphon's reference bot.

Usage: npm run bot [-- --config FILE] [--role ROLE]

  --config FILE   a JSON file with settings; environment variables win over it. bot.production.json beside bot.json is laid over it
                  when ANTIPHON_ENV is production. A new logging.level in the file counts at once.
  --role ROLE     all (default): the whole bot in this process. Of a bot on many processes: gateway holds connections to Discord,
                  worker does the work; both need NATS. apps/docs/guides/many-processes.md tells more.
  --help          this text

Environment (a file named .env is read, too):
${Object.entries(environmentNames)
  .map(([variable, path]) => `  ${variable.padEnd(26)} ${path}`)
  .join("\n")}
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: "string" }, role: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  using config = await openBotConfig({
    file: values.config,
    dotenvFile: ".env",
    // Whatever was typed: the schema says what there is.
    overrides: values.role === undefined ? {} : { role: values.role as "all" },
  });
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
  if (config.value.role === "gateway") return runGateway(config.value, logger, starting.signal);
  const bot = await startBot({ config: config.value, logger, signal: starting.signal });
  for (const name of signals) process.off(name, abort);
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  using _signals = bot.context.closeOnSignals({
    onClosed: (error) => (error === undefined ? resolve() : reject(error)),
  });
  await closed;
}

/** Holds shards until a signal or until Discord will not have the bot. */
async function runGateway(config: BotConfig, logger: Logger, signal: AbortSignal): Promise<void> {
  await using gateway = await startGatewayRole({ config, logger, signal });
  logger.info("this gateway takes shards", { shards: gateway.role.layout.shardCount });
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const ended = await Promise.race([gateway.role.closed, stopped]);
  if (ended?.error !== undefined) throw new Error(describeError(ended.error), { cause: ended.error });
}

try {
  await main();
} catch (error) {
  // A configuration that does not fit has a line for each setting; everything else is one line.
  const text = isAntiphonError(error, "PATTERNS_CONFIGURATION_INVALID") ? error.message : describeError(error);
  process.stderr.write(`antiphon-bot: ${text}\n`);
  process.exitCode = 1;
}

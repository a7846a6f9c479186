#!/usr/bin/env node
import { parseArgs } from "node:util";
import { openLogger } from "@antiphon/patterns/logging";
import { describeError, isAntiphonError, type Logger } from "@antiphon/std";
import { startBot } from "./bot.ts";
import { environment, secretNames, type BotConfig } from "./config/bot-config.ts";
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

Ctrl-C stops it in good order; a second one at once.

Environment (a file named .env is read, too), with the field of the JSON file that each sets:
${Object.entries(environment)
  .map(([variable, { path, meaning }]) => `  ${variable.padEnd(26)} ${path.padEnd(24)} ${meaning}`)
  .join("\n")}

${secretNames.slice(0, -1).join(", ")} and ${secretNames.at(-1)} may be in files: DISCORD_TOKEN_FILE names one.
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
  const { signal } = starting;
  if (config.value.role === "gateway") return runGateway(config.value, logger, signal);
  await runBot(config.value, logger, signal, () => signals.forEach((name) => process.off(name, abort)));
}

/** What was started; undefined when somebody has stopped it before it was there, who then knows why it did not start. */
async function unlessStopped<Part>(starting: Promise<Part>, signal: AbortSignal, logger: Logger) {
  try {
    return await starting;
  } catch (error) {
    if (!signal.aborted) throw error;
    logger.info("stopped before it was ready");
    return undefined;
  }
}

/** Runs the bot until a signal; from when it is ready it looks after signals itself. */
async function runBot(config: BotConfig, logger: Logger, signal: AbortSignal, onReady: () => void): Promise<void> {
  const bot = await unlessStopped(startBot({ config, logger, signal }), signal, logger);
  if (bot === undefined) return;
  // The signal came with the bot's last step.
  if (signal.aborted) return bot.close();
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  using _signals = bot.context.closeOnSignals({
    onClosed: (error) => (error === undefined ? resolve() : reject(error)),
  });
  // Only now: a signal that has come in, and that nobody listens to for a moment, is lost.
  onReady();
  await closed;
}

/** Holds shards until a signal or until Discord will not have the bot. */
async function runGateway(config: BotConfig, logger: Logger, signal: AbortSignal): Promise<void> {
  await using gateway = await unlessStopped(startGatewayRole({ config, logger, signal }), signal, logger);
  if (gateway === undefined) return;
  logger.info("this gateway takes shards", { shards: gateway.role.layout.shardCount });
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const ended = await Promise.race([gateway.role.closed, stopped]);
  if (ended?.error !== undefined) throw new Error(describeError(ended.error), { cause: ended.error });
}

try {
  await main();
} catch (error) {
  // A configuration that does not fit has a line for each setting; everything else is one line.
  const text = isAntiphonError(error, "PATTERNS_CONFIGURATION_INVALID") ? error.message : describeError(error);
  const isMisspelt = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  process.stderr.write(`antiphon-bot: ${text}${isMisspelt ? ". --help lists the options." : ""}\n`);
  process.exitCode = 1;
}

export { startBot, type Bot, type BotOptions } from "./bot.ts";
export { botConfigSchema, type BotConfig, type BotConfigInput } from "./config/bot-config.ts";
export { loadConfig, parseConfig, type LoadConfigOptions } from "./config/load-config.ts";
export { BotError, type BotErrorCode } from "./error.ts";
export { createBotLogger, type BotLoggerOptions } from "./logger.ts";

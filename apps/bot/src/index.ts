export { startBot, type Bot, type BotOptions, type BotServices } from "./bot.ts";
export { botConfigSchema, environmentNames, type BotConfig, type BotConfigInput } from "./config/bot-config.ts";
export { openBotConfig, type BotConfigOptions } from "./config/load-config.ts";
export { BotError, type BotErrorCode } from "./error.ts";
export { startGatewayRole, type GatewayRoleProcess, type GatewayRoleProcessOptions } from "./roles/gateway-role.ts";

export { DiscordJsError, type DiscordJsErrorCode } from "./discordjs-error.ts";
export { fromDiscordJs, type DiscordJsAdapter, type FromDiscordJsOptions } from "./from-discordjs.ts";

import { createClient, type Client, type ClientOptions, type IntentName, type ReplyInput } from "@antiphon/core";
import { fromDiscordJs } from "@antiphon/discordjs";
import { isAntiphonError, type Clock, type Logger } from "@antiphon/std";
import { Client as DiscordJsClient, GatewayIntentBits } from "discord.js";
import type { BotConfig } from "./config/bot-config.ts";

const INTENTS: readonly IntentName[] = ["guilds", "guildVoiceStates"];
const DISCORDJS_INTENTS = [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates];
/** What it takes to read along in a channel. The second is privileged: it must be switched on in the developer portal. */
const READING_INTENTS: readonly IntentName[] = ["guildMessages", "messageContent"];
const DISCORDJS_READING_INTENTS = [GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent];

/** Codes whose message was written for the person who used a command. */
const FOR_PEOPLE = /^(BOT|LAVALINK)_/u;

/** The client that the configuration asks for: Antiphon's own, or discord.js behind the same interface. */
export function createDiscordClient(
  config: BotConfig["discord"],
  { readsMessages, ...parts }: { readonly readsMessages: boolean; readonly clock: Clock; readonly logger: Logger },
): Client {
  const intents = readsMessages ? [...INTENTS, ...READING_INTENTS] : INTENTS;
  const options: ClientOptions = { intents, interactions: { apology }, ...parts };
  if (config.client === "core") return createClient({ ...options, token: config.token, api: config.api });
  const discordJs = new DiscordJsClient({
    intents: readsMessages ? [...DISCORDJS_INTENTS, ...DISCORDJS_READING_INTENTS] : DISCORDJS_INTENTS,
    rest: { api: config.api },
  });
  const { gateway, rest } = fromDiscordJs(discordJs, { token: config.token });
  return createClient({ ...options, gateway, rest });
}

/** One line that says what went wrong and what to do; for what nobody foresaw, a code to report. */
function apology(error: unknown, id: string): ReplyInput {
  const content =
    isAntiphonError(error) && FOR_PEOPLE.test(error.code)
      ? `⚠️ ${error.message}`.slice(0, 1_900)
      : `⚠️ Something went wrong here. If you report it, name the code \`${id}\`.`;
  return { content, ephemeral: true };
}

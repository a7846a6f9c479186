import { createClient, type Client, type ClientOptions, type IntentName, type ReplyInput } from "@antiphon/core";
import { fromDiscordJs } from "@antiphon/discordjs";
import type { Clock, Logger } from "@antiphon/std";
import { Client as DiscordJsClient, GatewayIntentBits } from "discord.js";
import type { BotConfig } from "./config/bot-config.ts";

const INTENTS: readonly IntentName[] = ["guilds", "guildVoiceStates"];
const DISCORDJS_INTENTS = [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates];
/** What it takes to read along in a channel. The second is privileged: it must be switched on in the developer portal. */
const READING_INTENTS: readonly IntentName[] = ["guildMessages", "messageContent"];
const DISCORDJS_READING_INTENTS = [GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent];

/** What carries the client: discord.js if the configuration asks for it, or else nothing, and the client brings its own. */
export interface DiscordCarrier extends Pick<ClientOptions, "gateway" | "rest"> {
  /** Destroys discord.js, which the client leaves open; idempotent. */
  close(): Promise<void>;
}

/** The gateway intents that a bot of this configuration needs. */
export function intentsOf({ cytube }: Pick<BotConfig, "cytube">): readonly IntentName[] {
  return cytube === undefined ? INTENTS : [...INTENTS, ...READING_INTENTS];
}

/** Builds the {@link DiscordCarrier}; nothing is sent before the client connects. */
export function createDiscordCarrier(config: BotConfig["discord"], readsMessages: boolean): DiscordCarrier {
  if (config.client === "core") return { close: () => Promise.resolve() };
  const discordJs = new DiscordJsClient({
    intents: readsMessages ? [...DISCORDJS_INTENTS, ...DISCORDJS_READING_INTENTS] : DISCORDJS_INTENTS,
    rest: { api: config.api },
  });
  const { gateway, rest } = fromDiscordJs(discordJs, { token: config.token });
  return { gateway, rest, close: () => gateway.close() };
}

/** The client, on Antiphon's own connection or on discord.js, behind the same interface. */
export function createDiscordClient(
  config: BotConfig["discord"],
  {
    readsMessages,
    carrier: { gateway, rest },
    ...parts
  }: {
    readonly readsMessages: boolean;
    readonly carrier: DiscordCarrier;
    readonly clock: Clock;
    readonly logger: Logger;
  },
): Client {
  const intents = readsMessages ? [...INTENTS, ...READING_INTENTS] : INTENTS;
  const { token, api } = config;
  return createClient({ intents, interactions: { apology }, token, api, gateway, rest, ...parts });
}

/** For what nobody foresaw a code to report, which stands in the log too; what was foreseen has been told before. */
function apology(_error: unknown, id: string): ReplyInput {
  return { content: `⚠️ Something went wrong here. If you report it, name the code \`${id}\`.`, ephemeral: true };
}

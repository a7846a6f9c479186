import type { Client } from "@antiphon/core";
import type { Player } from "@antiphon/lavalink";
import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";
import { BotError } from "../error.ts";

/** The voice channel a member is in. @throws BotError BOT_NOT_IN_VOICE */
export function memberChannel(client: Client, guildId: GuildId, userId: UserId): ChannelId {
  const channelId = client.voiceStates.channelOf(guildId, userId);
  if (channelId !== undefined) return channelId;
  throw new BotError("BOT_NOT_IN_VOICE", "Join a voice channel first, then ask again.");
}

/** Checks that a member listens where the bot plays. @throws BotError BOT_NOT_IN_VOICE, BOT_OTHER_CHANNEL */
export function requireListener(client: Client, player: Player, userId: UserId): void {
  const channelId = memberChannel(client, player.guildId, userId);
  if (channelId !== player.channelId) {
    throw new BotError(
      "BOT_OTHER_CHANNEL",
      `I am playing in <#${player.channelId}>. Only those who listen there decide.`,
    );
  }
}

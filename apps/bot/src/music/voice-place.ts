import type { Client } from "@antiphon/core";
import type { Player } from "@antiphon/lavalink";
import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";
import { isAntiphonError } from "@antiphon/std";
import type { APIVoiceState } from "discord-api-types/v10";
import { BotError } from "../error.ts";

/**
 * The voice channel a member is in. A worker that has taken a guild over has not seen its members join, so Discord is asked where the cache
 * knows nothing.
 *
 * @throws BotError BOT_NOT_IN_VOICE, or what failed when Discord was asked
 */
export async function memberChannel(client: Client, guildId: GuildId, userId: UserId): Promise<ChannelId> {
  const known = client.voiceStates.channelOf(guildId, userId);
  if (known !== undefined) return known;
  const path = `/guilds/${guildId}/voice-states/${userId}`;
  const state = await client.rest.request<APIVoiceState>("GET", path).catch((error: unknown) => {
    // That is Discord's answer for somebody who is in no channel. Whatever else went wrong says nothing about the member.
    if (isAntiphonError(error) && error.details["status"] === 404) return undefined;
    throw error;
  });
  const channelId = state?.channel_id;
  if (channelId) return channelId;
  throw new BotError("BOT_NOT_IN_VOICE", "Join a voice channel first, then ask again.");
}

/** Checks that a member listens where the bot plays. @throws BotError BOT_NOT_IN_VOICE, BOT_OTHER_CHANNEL */
export async function requireListener(client: Client, player: Player, userId: UserId): Promise<void> {
  const channelId = await memberChannel(client, player.guildId, userId);
  if (channelId !== player.channelId) {
    throw new BotError(
      "BOT_OTHER_CHANNEL",
      `I am playing in <#${player.channelId}>. Only those who listen there decide.`,
    );
  }
}

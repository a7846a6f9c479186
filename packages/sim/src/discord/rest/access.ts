import { ChannelType } from "discord-api-types/v10";
import type { ChannelRecord, GuildRecord, MessageRecord } from "../world/state.ts";
import { refuse } from "./api-error.ts";
import type { Call } from "./route.ts";

/** The guild of the path, if the bot is in it. */
export function requireGuild({ state, application, params }: Call): GuildRecord {
  const guild = state.guilds.get(params["guildId"] ?? "");
  if (guild === undefined || !guild.members.has(application.botUserId)) throw refuse("unknownGuild");
  return guild;
}

/** The channel of the path, if the bot may see it. */
export function requireChannel({ state, application, params }: Call): ChannelRecord {
  const channel = state.channels.get(params["channelId"] ?? "");
  if (channel === undefined) throw refuse("unknownChannel");
  const { botUserId } = application;
  const isSeen =
    channel.type === ChannelType.DM
      ? channel.recipients.includes(botUserId)
      : state.guilds.get(channel.guildId ?? "")?.members.has(botUserId) === true;
  if (!isSeen) throw refuse("missingAccess");
  return channel;
}

/** The message of the path; ephemeral ones are reached through their interaction alone. */
export function requireMessage(channel: ChannelRecord, messageId: string | undefined): MessageRecord {
  const record = channel.messages.get(messageId ?? "");
  if (record === undefined || record.ephemeralTo !== undefined) throw refuse("unknownMessage");
  return record;
}

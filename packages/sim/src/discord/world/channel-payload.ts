import type { Snowflake } from "@antiphon/protocol/discord";
import {
  ChannelType,
  type ChannelFlags,
  type APIDMChannel,
  type APIGuildVoiceChannel,
  type APITextChannel,
} from "discord-api-types/v10";
import type { ChannelRecord, WorldState } from "./state.ts";

const NO_FLAGS = 0 as ChannelFlags;

/** A channel as Discord sends it; for a direct message, as `viewerId` sees it. */
export function channelPayload(
  state: WorldState,
  channel: ChannelRecord,
  viewerId?: Snowflake,
): APITextChannel | APIGuildVoiceChannel | APIDMChannel {
  if (channel.type === ChannelType.DM) {
    const others = channel.recipients.filter((userId) => userId !== viewerId);
    return {
      id: channel.id,
      type: channel.type,
      name: null,
      last_message_id: channel.lastMessageId,
      flags: NO_FLAGS,
      recipients: others.flatMap((userId) => state.users.get(userId) ?? []),
    };
  }
  const shared = {
    id: channel.id,
    name: channel.name,
    guild_id: channel.guildId as Snowflake,
    position: channel.position,
    permission_overwrites: [],
    parent_id: null,
    nsfw: false,
    last_message_id: channel.lastMessageId,
    rate_limit_per_user: 0,
    flags: NO_FLAGS,
  };
  if (channel.type === ChannelType.GuildVoice) {
    return { ...shared, type: channel.type, bitrate: 64_000, user_limit: 0, rtc_region: null };
  }
  return { ...shared, type: channel.type, topic: channel.topic };
}

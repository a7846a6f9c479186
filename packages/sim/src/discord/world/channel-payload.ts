import type { Snowflake } from "@antiphon/protocol/discord";
import {
  ChannelType,
  type ChannelFlags,
  type APIDMChannel,
  type APIGuildCategoryChannel,
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
): APITextChannel | APIGuildVoiceChannel | APIGuildCategoryChannel | APIDMChannel {
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
    permission_overwrites: [...channel.overwrites.values()],
    parent_id: channel.parentId,
    flags: NO_FLAGS,
  };
  if (channel.type === ChannelType.GuildCategory) return { ...shared, type: channel.type, parent_id: null };
  const messaging = {
    ...shared,
    nsfw: channel.nsfw,
    last_message_id: channel.lastMessageId,
    rate_limit_per_user: channel.rateLimitPerUser,
  };
  if (channel.type === ChannelType.GuildVoice) {
    const { bitrate, userLimit } = channel;
    return { ...messaging, type: channel.type, bitrate, user_limit: userLimit, rtc_region: null };
  }
  const lastPin = [...channel.pins.values()].at(-1) ?? null;
  return { ...messaging, type: channel.type, topic: channel.topic, last_pin_timestamp: lastPin };
}

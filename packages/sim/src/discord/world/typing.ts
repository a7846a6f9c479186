import type { Snowflake } from "@antiphon/protocol/discord";
import { GatewayIntentBits } from "discord-api-types/v10";
import { memberPayload } from "./member-payload.ts";
import type { ChannelRecord, WorldState } from "./state.ts";

/** Tells a channel that somebody types. */
export function startTyping(state: WorldState, channel: ChannelRecord, userId: Snowflake): void {
  const guild = channel.guildId === undefined ? undefined : state.guilds.get(channel.guildId);
  state.publish({
    name: "TYPING_START",
    data: {
      channel_id: channel.id,
      user_id: userId,
      timestamp: Math.floor(state.clock.now() / 1000),
      ...(guild === undefined ? {} : { guild_id: guild.id, member: memberPayload(state, guild, userId) }),
    },
    intents: guild === undefined ? GatewayIntentBits.DirectMessageTyping : GatewayIntentBits.GuildMessageTyping,
    guildId: channel.guildId,
    channelId: channel.id,
    recipients: guild === undefined ? channel.recipients : undefined,
  });
  state.events.emit({ type: "typingStart", channelId: channel.id, userId: userId });
}

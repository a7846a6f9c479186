import type { Snowflake, UserId } from "@antiphon/protocol/discord";
import { GatewayIntentBits, type APIPartialEmoji } from "discord-api-types/v10";
import type { ChannelRecord, MessageRecord, WorldState } from "./state.ts";

/** A unicode emoji, or `name:id`, as an object. */
function emojiPayload(emoji: string): APIPartialEmoji {
  const custom = /^(?:a:)?(\w+):(\d+)$/.exec(emoji);
  return custom?.[1] === undefined || custom[2] === undefined
    ? { id: null, name: emoji }
    : { id: custom[2], name: custom[1] };
}

/** Adds (`present`) or takes away a user's reaction; nothing happens when it is so already. */
export function setReaction(
  state: WorldState,
  channel: ChannelRecord,
  record: MessageRecord,
  reaction: { readonly userId: Snowflake; readonly emoji: string; readonly present: boolean },
): void {
  const { emoji, present } = reaction;
  const userId = reaction.userId as UserId;
  const users = record.reactions.get(emoji) ?? new Set();
  if (users.has(userId) === present) return;
  if (present) users.add(userId);
  else users.delete(userId);
  if (users.size === 0) record.reactions.delete(emoji);
  else record.reactions.set(emoji, users);
  const inGuild = channel.guildId !== undefined;
  state.publish({
    name: present ? "MESSAGE_REACTION_ADD" : "MESSAGE_REACTION_REMOVE",
    data: {
      user_id: userId,
      channel_id: channel.id,
      message_id: record.message.id,
      ...(inGuild ? { guild_id: channel.guildId } : {}),
      emoji: emojiPayload(emoji),
      burst: false,
      type: 0,
    },
    intents: inGuild ? GatewayIntentBits.GuildMessageReactions : GatewayIntentBits.DirectMessageReactions,
    guildId: channel.guildId,
    channelId: channel.id,
    recipients: inGuild ? undefined : channel.recipients,
  });
  state.events.emit({
    type: present ? "reactionAdd" : "reactionRemove",
    channelId: channel.id,
    messageId: record.message.id,
    userId,
    emoji,
  });
}

/** The `reactions` field of a message as one user sees it. */
export function reactionsPayload(record: MessageRecord, viewerId: Snowflake) {
  return [...record.reactions].map(([emoji, users]) => ({
    count: users.size,
    count_details: { burst: 0, normal: users.size },
    me: users.has(viewerId as UserId),
    me_burst: false,
    emoji: emojiPayload(emoji),
    burst_colors: [],
  }));
}

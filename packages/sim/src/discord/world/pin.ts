import { GatewayIntentBits, MessageReferenceType, MessageType, type APIUser } from "discord-api-types/v10";
import { createMessage, updateMessage } from "./message.ts";
import type { ChannelRecord, MessageRecord, WorldState } from "./state.ts";

/** Pins a message and says so in the channel, in the name of whoever pinned it. */
export function pinMessage(state: WorldState, channel: ChannelRecord, record: MessageRecord, by: APIUser): void {
  if (channel.pins.has(record.message.id)) return;
  channel.pins.set(record.message.id, state.timestamp());
  updateMessage(state, channel, record, { pinned: true });
  tellPins(state, channel);
  const reference = { type: MessageReferenceType.Default, channel_id: channel.id, message_id: record.message.id };
  createMessage(state, { channel, author: by, type: MessageType.ChannelPinnedMessage, reference }, {});
}

/** Takes a pin away. */
export function unpinMessage(state: WorldState, channel: ChannelRecord, record: MessageRecord): void {
  if (!channel.pins.delete(record.message.id)) return;
  updateMessage(state, channel, record, { pinned: false });
  tellPins(state, channel);
}

/** The pinned messages, the newest pin first. */
export function pinsOf(channel: ChannelRecord): { readonly pinnedAt: string; readonly record: MessageRecord }[] {
  return [...channel.pins].toReversed().flatMap(([id, pinnedAt]) => {
    const record = channel.messages.get(id);
    return record === undefined ? [] : [{ pinnedAt, record }];
  });
}

function tellPins(state: WorldState, channel: ChannelRecord): void {
  const inGuild = channel.guildId !== undefined;
  state.publish({
    name: "CHANNEL_PINS_UPDATE",
    data: {
      ...(inGuild ? { guild_id: channel.guildId } : {}),
      channel_id: channel.id,
      last_pin_timestamp: [...channel.pins.values()].at(-1) ?? null,
    },
    intents: inGuild ? GatewayIntentBits.Guilds : GatewayIntentBits.DirectMessages,
    guildId: channel.guildId,
    recipients: inGuild ? undefined : channel.recipients,
    channelId: channel.id,
  });
}

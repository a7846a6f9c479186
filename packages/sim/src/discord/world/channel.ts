import type { Snowflake } from "@antiphon/protocol/discord";
import { ChannelType, GatewayIntentBits, type APIOverwrite } from "discord-api-types/v10";
import { channelPayload } from "./channel-payload.ts";
import type { ChannelRecord, GuildRecord, WorldState } from "./state.ts";
import { changeVoiceState } from "./voice-state.ts";

/** The kinds of channel that a guild has here. */
export type GuildChannelType = ChannelType.GuildText | ChannelType.GuildVoice | ChannelType.GuildCategory;

/** What can be said about a guild's channel, after validation. What is undefined stays, or gets Discord's default. */
export interface ChannelDraft {
  readonly name?: string | undefined;
  readonly topic?: string | null | undefined;
  readonly position?: number | undefined;
  readonly parentId?: Snowflake | null | undefined;
  readonly nsfw?: boolean | undefined;
  /** Seconds between two messages of the same person. */
  readonly rateLimitPerUser?: number | undefined;
  /** Bits per second of a voice channel. */
  readonly bitrate?: number | undefined;
  /** The most people in a voice channel; 0 is without limit. */
  readonly userLimit?: number | undefined;
  /** Replaces all overwrites. */
  readonly overwrites?: readonly APIOverwrite[] | undefined;
}

/** A channel that nothing was said about yet. */
function emptyChannel(id: Snowflake, type: ChannelRecord["type"]): ChannelRecord {
  return {
    id: id,
    type,
    guildId: undefined,
    name: "",
    topic: null,
    position: 0,
    parentId: null,
    nsfw: false,
    rateLimitPerUser: 0,
    bitrate: 64_000,
    userLimit: 0,
    overwrites: new Map(),
    status: null,
    voiceStartedAtS: null,
    recipients: [],
    lastMessageId: null,
    pins: new Map(),
    messages: new Map(),
  };
}

/** Adds a channel to a guild. */
export function addChannel(
  state: WorldState,
  guild: GuildRecord,
  { type, ...draft }: ChannelDraft & { readonly type: GuildChannelType },
): ChannelRecord {
  const channel: ChannelRecord = { ...emptyChannel(state.nextId(), type), guildId: guild.id };
  change(channel, { position: guild.channels.size, ...draft });
  guild.channels.set(channel.id, channel);
  state.channels.set(channel.id, channel);
  tell(state, "CHANNEL_CREATE", channel);
  return channel;
}

/** Changes a channel. */
export function updateChannel(state: WorldState, channel: ChannelRecord, draft: ChannelDraft): void {
  change(channel, draft);
  tell(state, "CHANNEL_UPDATE", channel);
}

function change(channel: ChannelRecord, { overwrites, ...draft }: ChannelDraft): void {
  const given = Object.entries(draft).filter(([, value]) => value !== undefined);
  Object.assign(channel, Object.fromEntries(given));
  if (overwrites === undefined) return;
  channel.overwrites.clear();
  for (const overwrite of overwrites) channel.overwrites.set(overwrite.id, overwrite);
}

/** Allows and denies permissions to one role or member in one channel. */
export function setOverwrite(state: WorldState, channel: ChannelRecord, overwrite: APIOverwrite): void {
  channel.overwrites.set(overwrite.id, overwrite);
  tell(state, "CHANNEL_UPDATE", channel);
}

/** Takes an overwrite away; false when there was none. */
export function removeOverwrite(state: WorldState, channel: ChannelRecord, overwriteId: Snowflake): boolean {
  const removed = channel.overwrites.delete(overwriteId);
  if (removed) tell(state, "CHANNEL_UPDATE", channel);
  return removed;
}

/** Deletes a guild's channel with everything in it; whoever is in its voice leaves, and the channels of a category lose their parent. */
export function deleteChannel(state: WorldState, guild: GuildRecord, channel: ChannelRecord): void {
  for (const { user_id: userId, session_id: sessionId, channel_id: channelId } of guild.voiceStates.values()) {
    if (channelId === channel.id)
      changeVoiceState(state, guild, { userId, sessionId, channelId: null, selfMute: false, selfDeaf: false });
  }
  for (const child of guild.channels.values())
    if (child.parentId === channel.id) updateChannel(state, child, { parentId: null });
  tell(state, "CHANNEL_DELETE", channel);
  guild.channels.delete(channel.id);
  state.channels.delete(channel.id);
}

const EVENTS = {
  CHANNEL_CREATE: "channelCreate",
  CHANNEL_UPDATE: "channelUpdate",
  CHANNEL_DELETE: "channelDelete",
} as const;

function tell(state: WorldState, name: keyof typeof EVENTS, channel: ChannelRecord): void {
  const { guildId } = channel;
  if (guildId === undefined) return;
  state.publish({ name, data: channelPayload(state, channel), intents: GatewayIntentBits.Guilds, guildId });
  state.events.emit({ type: EVENTS[name], guildId, channelId: channel.id });
}

/** Changes what a voice channel says about itself below its name. */
export function setVoiceStatus(state: WorldState, channel: ChannelRecord, status: string | null): void {
  channel.status = status;
  state.publish({
    name: "VOICE_CHANNEL_STATUS_UPDATE",
    data: { id: channel.id, guild_id: channel.guildId, status },
    intents: GatewayIntentBits.Guilds,
    guildId: channel.guildId,
  });
}

/** The direct message channel between two users, made at first use. */
export function directMessageChannel(state: WorldState, one: Snowflake, other: Snowflake): ChannelRecord {
  for (const channel of state.channels.values()) {
    if (channel.type === ChannelType.DM && channel.recipients.includes(one) && channel.recipients.includes(other))
      return channel;
  }
  const channel: ChannelRecord = {
    ...emptyChannel(state.nextId(), ChannelType.DM),
    recipients: [one, other],
  };
  state.channels.set(channel.id, channel);
  return channel;
}

import type { ChannelId, GuildId, Snowflake, UserId } from "@antiphon/protocol/discord";
import {
  ChannelType,
  GatewayIntentBits,
  PermissionFlagsBits,
  type APIRole,
  type RoleFlags,
} from "discord-api-types/v10";
import { invalidArgument, known } from "../sim-error.ts";
import { channelPayload } from "./channel-payload.ts";
import { guildCreatePayload } from "./guild-payload.ts";
import { memberPayload } from "./member-payload.ts";
import { DEFAULT_PERMISSIONS } from "./permissions.ts";
import type { ChannelRecord, GuildRecord, MemberRecord, WorldState } from "./state.ts";
import { addUser } from "./user.ts";

/** What a bot's own role allows, as if its invitation had asked for all that a music bot needs. */
const BOT_PERMISSIONS =
  DEFAULT_PERMISSIONS |
  PermissionFlagsBits.ManageMessages |
  PermissionFlagsBits.MuteMembers |
  PermissionFlagsBits.MoveMembers;

/** Adds a guild with its everyone role and its owner, who is made up when none is named. */
export function addGuild(
  state: WorldState,
  options: { readonly name: string; readonly ownerId?: Snowflake | undefined; readonly id?: Snowflake | undefined },
): GuildRecord {
  const id = (options.id ?? state.nextId()) as GuildId;
  if (state.guilds.has(id)) {
    throw invalidArgument(`addGuild: there is already a guild ${id}; give each its own id.`);
  }
  const ownerId = (options.ownerId ?? addUser(state, { username: "owner" }).id) as UserId;
  const guild: GuildRecord = {
    id,
    name: options.name,
    ownerId,
    roles: new Map([[id, role(id, "@everyone", 0, DEFAULT_PERMISSIONS)]]),
    channels: new Map(),
    members: new Map(),
    voiceStates: new Map(),
  };
  state.guilds.set(id, guild);
  state.events.emit({ type: "guildCreate", guildId: id });
  addMember(state, guild, ownerId);
  return guild;
}

function role(id: Snowflake, name: string, position: number, permissions: bigint): APIRole {
  return {
    id,
    name,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    position,
    permissions: String(permissions),
    managed: false,
    mentionable: false,
    flags: 0 as RoleFlags,
  };
}

/** Lets a user join; a bot also gets its managed role and, on its gateway sessions, GUILD_CREATE. */
export function addMember(state: WorldState, guild: GuildRecord, userId: Snowflake): MemberRecord {
  const existing = guild.members.get(userId);
  if (existing !== undefined) return existing;
  const user = known(state.users.get(userId), "user", userId);
  const member: MemberRecord = { userId: userId as UserId, nick: null, roles: [], joinedAt: state.timestamp() };
  if (user.bot === true) {
    const managed = {
      ...role(state.nextId(), user.username, guild.roles.size, BOT_PERMISSIONS),
      managed: true,
      tags: { bot_id: userId },
    };
    guild.roles.set(managed.id, managed);
    member.roles.push(managed.id);
  }
  guild.members.set(userId, member);
  state.publish({
    name: "GUILD_MEMBER_ADD",
    data: { ...memberPayload(state, guild, userId), guild_id: guild.id },
    intents: GatewayIntentBits.GuildMembers,
    guildId: guild.id,
    except: userId,
  });
  if (user.bot === true) {
    state.publish({
      name: "GUILD_CREATE",
      data: guildCreatePayload(state, guild, {
        viewerId: userId,
        intents: GatewayIntentBits.Guilds | GatewayIntentBits.GuildVoiceStates,
      }),
      intents: GatewayIntentBits.Guilds,
      guildId: guild.id,
      recipients: [userId],
    });
  }
  state.events.emit({ type: "memberAdd", guildId: guild.id, userId: member.userId });
  return member;
}

/** Adds a text or a voice channel. */
export function addChannel(
  state: WorldState,
  guild: GuildRecord,
  options: { readonly name: string; readonly type: "text" | "voice"; readonly topic?: string | undefined },
): ChannelRecord {
  const channel: ChannelRecord = {
    id: state.nextId() as ChannelId,
    type: options.type === "voice" ? ChannelType.GuildVoice : ChannelType.GuildText,
    guildId: guild.id,
    name: options.name,
    topic: options.topic ?? null,
    position: guild.channels.size,
    recipients: [],
    lastMessageId: null,
    messages: new Map(),
  };
  guild.channels.set(channel.id, channel);
  state.channels.set(channel.id, channel);
  state.publish({
    name: "CHANNEL_CREATE",
    data: channelPayload(state, channel),
    intents: GatewayIntentBits.Guilds,
    guildId: guild.id,
  });
  state.events.emit({ type: "channelCreate", guildId: guild.id, channelId: channel.id });
  return channel;
}

/** Renames a channel or changes its topic. */
export function updateChannel(
  state: WorldState,
  channel: ChannelRecord,
  change: { readonly name?: string | undefined; readonly topic?: string | null | undefined },
): void {
  if (change.name !== undefined) channel.name = change.name;
  if (change.topic !== undefined) channel.topic = change.topic;
  if (channel.guildId === undefined) return;
  const { guildId } = channel;
  state.publish({
    name: "CHANNEL_UPDATE",
    data: channelPayload(state, channel),
    intents: GatewayIntentBits.Guilds,
    guildId,
  });
  state.events.emit({ type: "channelUpdate", guildId, channelId: channel.id });
}

/** The direct message channel between two users, made at first use. */
export function directMessageChannel(state: WorldState, one: Snowflake, other: Snowflake): ChannelRecord {
  for (const channel of state.channels.values()) {
    if (
      channel.type === ChannelType.DM &&
      channel.recipients.includes(one as UserId) &&
      channel.recipients.includes(other as UserId)
    )
      return channel;
  }
  const channel: ChannelRecord = {
    id: state.nextId() as ChannelId,
    type: ChannelType.DM,
    guildId: undefined,
    name: "",
    topic: null,
    position: 0,
    recipients: [one as UserId, other as UserId],
    lastMessageId: null,
    messages: new Map(),
  };
  state.channels.set(channel.id, channel);
  return channel;
}

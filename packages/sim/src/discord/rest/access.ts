import { ChannelType, PermissionFlagsBits } from "discord-api-types/v10";
import { channelPermissions, DIRECT_MESSAGE_PERMISSIONS, guildPermissions } from "../world/permissions.ts";
import type { ChannelRecord, GuildRecord, MemberRecord, MessageRecord } from "../world/state.ts";
import { refuse } from "./api-error.ts";
import type { Call } from "./route.ts";

/** The name of a permission, as `discord-api-types` writes it. */
export type PermissionName = keyof typeof PermissionFlagsBits;

/** The guild of the path, if the bot is in it and has the permission there. */
export function requireGuild({ state, application, params }: Call, permission?: PermissionName): GuildRecord {
  const guild = state.guilds.get(params["guildId"] ?? "");
  if (guild === undefined || !guild.members.has(application.botUserId)) throw refuse("unknownGuild");
  if (permission !== undefined) demand(guildPermissions(guild, application.botUserId), permission);
  return guild;
}

/** The member of the path. */
export function requireMember(call: Call, guild: GuildRecord): MemberRecord {
  const userId = call.params["userId"] === "@me" ? call.application.botUserId : (call.params["userId"] ?? "");
  if (!call.state.users.has(userId)) throw refuse("unknownUser");
  const member = guild.members.get(userId);
  if (member === undefined) throw refuse("unknownMember");
  return member;
}

/** The channel of the path, if the bot may see it and has the permissions there. */
export function requireChannel(call: Call, ...permissions: readonly PermissionName[]): ChannelRecord {
  const channel = call.state.channels.get(call.params["channelId"] ?? "");
  if (channel === undefined) throw refuse("unknownChannel");
  const held = permissionsIn(call, channel);
  if ((held & PermissionFlagsBits.ViewChannel) === 0n) throw refuse("missingAccess");
  for (const permission of permissions) demand(held, permission);
  return channel;
}

/** The guild's channel of the path, with its guild; direct messages are refused. */
export function requireGuildChannel(
  call: Call,
  ...permissions: readonly PermissionName[]
): { readonly guild: GuildRecord; readonly channel: ChannelRecord } {
  const channel = requireChannel(call, ...permissions);
  const guild = call.state.guilds.get(channel.guildId ?? "");
  if (guild === undefined) throw refuse("notInDirectMessages");
  return { guild, channel };
}

/** What the bot may do in a channel. */
export function permissionsIn({ state, application }: Call, channel: ChannelRecord): bigint {
  const { botUserId } = application;
  if (channel.type === ChannelType.DM) return channel.recipients.includes(botUserId) ? DIRECT_MESSAGE_PERMISSIONS : 0n;
  const guild = state.guilds.get(channel.guildId ?? "");
  return guild === undefined ? 0n : channelPermissions(guild, channel, botUserId);
}

/** Refuses with 50013 unless the permission is among those held. */
export function demand(held: bigint, permission: PermissionName): void {
  if ((held & PermissionFlagsBits[permission]) === 0n) throw refuse("missingPermissions");
}

/** The message of the path; ephemeral ones are reached through their interaction alone. */
export function requireMessage(channel: ChannelRecord, messageId: string | undefined): MessageRecord {
  const record = channel.messages.get(messageId ?? "");
  if (record === undefined || record.ephemeralTo !== undefined) throw refuse("unknownMessage");
  return record;
}

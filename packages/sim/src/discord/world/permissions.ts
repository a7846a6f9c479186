import type { Snowflake } from "@antiphon/protocol/discord";
import { PermissionFlagsBits } from "discord-api-types/v10";
import type { ChannelRecord, GuildRecord } from "./state.ts";

/** Every permission bit that Discord documents. */
const ALL_PERMISSIONS = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n);

/** What the everyone role of a new guild may do: read, write, react, use commands, connect, speak. */
export const DEFAULT_PERMISSIONS =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.AddReactions |
  PermissionFlagsBits.UseExternalEmojis |
  PermissionFlagsBits.UseApplicationCommands |
  PermissionFlagsBits.ChangeNickname |
  PermissionFlagsBits.CreateInstantInvite |
  PermissionFlagsBits.Connect |
  PermissionFlagsBits.Speak |
  PermissionFlagsBits.Stream |
  PermissionFlagsBits.UseVAD;

/** What two users may do in their direct messages. */
export const DIRECT_MESSAGE_PERMISSIONS = DEFAULT_PERMISSIONS | PermissionFlagsBits.PinMessages;

const roleIdsOf = (guild: GuildRecord, userId: Snowflake) => guild.members.get(userId)?.roles ?? [];

/** What a member may do in the whole guild: everything for the owner and administrators, nothing for who is no member. */
export function guildPermissions(guild: GuildRecord, userId: Snowflake): bigint {
  if (!guild.members.has(userId)) return 0n;
  if (guild.ownerId === userId) return ALL_PERMISSIONS;
  const roleIds = [guild.id, ...roleIdsOf(guild, userId)];
  const bits = roleIds.reduce((sum, roleId) => sum | BigInt(guild.roles.get(roleId)?.permissions ?? "0"), 0n);
  return (bits & PermissionFlagsBits.Administrator) === 0n ? bits : ALL_PERMISSIONS;
}

/**
 * What a member may do in one channel: the guild's permissions, changed by the overwrites for everyone, then those for the member's roles
 * together, then the member's own. Who cannot see a channel may do nothing in it.
 *
 * @see [Discord Docs/Permissions#Permission Overwrites]
 */
export function channelPermissions(guild: GuildRecord, channel: ChannelRecord, userId: Snowflake): bigint {
  const base = guildPermissions(guild, userId);
  if ((base & PermissionFlagsBits.Administrator) !== 0n) return base;
  const apply = (bits: bigint, ids: readonly Snowflake[]) => {
    const found = ids.flatMap((id) => channel.overwrites.get(id) ?? []);
    const deny = found.reduce((sum, overwrite) => sum | BigInt(overwrite.deny), 0n);
    const allow = found.reduce((sum, overwrite) => sum | BigInt(overwrite.allow), 0n);
    return (bits & ~deny) | allow;
  };
  const bits = apply(apply(apply(base, [guild.id]), roleIdsOf(guild, userId)), [userId]);
  return (bits & PermissionFlagsBits.ViewChannel) === 0n ? 0n : bits;
}

/** How high a member stands: the owner above all, the others at their highest role. */
export function rankOf(guild: GuildRecord, userId: Snowflake): number {
  if (guild.ownerId === userId) return Infinity;
  return Math.max(0, ...roleIdsOf(guild, userId).map((roleId) => guild.roles.get(roleId)?.position ?? 0));
}

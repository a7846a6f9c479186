import type { Snowflake } from "@antiphon/protocol/discord";
import { PermissionFlagsBits } from "discord-api-types/v10";
import type { GuildRecord } from "./state.ts";

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

/** The guild-level permissions of a member as a decimal bit field: everything for the owner and administrators. */
export function permissionsOf(guild: GuildRecord, userId: Snowflake): string {
  if (guild.ownerId === userId) return String(ALL_PERMISSIONS);
  const roleIds = [guild.id, ...(guild.members.get(userId)?.roles ?? [])];
  const bits = roleIds.reduce((sum, roleId) => sum | BigInt(guild.roles.get(roleId)?.permissions ?? "0"), 0n);
  return String((bits & PermissionFlagsBits.Administrator) === 0n ? bits : ALL_PERMISSIONS);
}

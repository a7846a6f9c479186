import { computePermissions, Permissions, type Client } from "@antiphon/core";
import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import { ChannelType } from "discord-api-types/v10";
import { BotError } from "../error.ts";

/** What the bot must be allowed to in a voice channel, by the names that Discord's settings show. */
const NEEDED = { "View Channel": Permissions.viewChannel, Connect: Permissions.connect, Speak: Permissions.speak };

type Knowledge = Pick<Client, "cache" | "user" | "voiceStates">;

/** What the bot may do in a channel; undefined where the cache does not know enough, as in a process that has just taken the guild over. */
function permissionsIn({ cache, user }: Knowledge, guildId: GuildId, channelId: ChannelId): bigint | undefined {
  const guild = cache.guilds.get(guildId);
  const channel = cache.channels.get(channelId);
  const member = cache.members.get(guildId, user.id);
  if (guild === undefined || channel === undefined || member === undefined) return undefined;
  const roles = cache.roles.in(guildId);
  const overwrites = "permission_overwrites" in channel ? channel.permission_overwrites : undefined;
  return computePermissions({
    guild: { id: guildId, owner_id: guild.owner_id, roles },
    member: { userId: user.id, roles: member.roles },
    channel: { permission_overwrites: overwrites },
  });
}

/**
 * Checks before the bot joins a voice channel that it can be heard there: Discord says nothing to who may not come in.
 *
 * @throws BotError BOT_CANNOT_JOIN
 */
export function requireRoom(client: Knowledge, guildId: GuildId, channelId: ChannelId): void {
  const channel = client.cache.channels.get(channelId);
  if (channel?.type === ChannelType.GuildStageVoice)
    throw new BotError(
      "BOT_CANNOT_JOIN",
      `<#${channelId}> is a stage. I play in voice channels; join one and ask again.`,
    );
  const permissions = permissionsIn(client, guildId, channelId);
  if (permissions === undefined) return;
  const missing = Object.entries(NEEDED).filter(([, bit]) => (permissions & bit) === 0n);
  if (missing.length > 0) {
    const names = missing.map(([name]) => `**${name}**`).join(" and ");
    throw new BotError(
      "BOT_CANNOT_JOIN",
      `I lack the permission ${names} in <#${channelId}>. Somebody who manages the server can give it to me.`,
    );
  }
  const limit = channel !== undefined && "user_limit" in channel ? (channel.user_limit ?? 0) : 0;
  const isFull = limit > 0 && client.voiceStates.inChannel(guildId, channelId).length >= limit;
  if (isFull && (permissions & Permissions.moveMembers) === 0n)
    throw new BotError("BOT_CANNOT_JOIN", `<#${channelId}> is full: ${limit} may be in it, and I am one more.`);
}

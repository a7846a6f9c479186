import type { Snowflake } from "@antiphon/protocol/discord";
import { GatewayIntentBits, PermissionFlagsBits } from "discord-api-types/v10";
import { known } from "../sim-error.ts";
import { guildCreatePayload } from "./guild-payload.ts";
import { memberPayload } from "./member-payload.ts";
import { deleteMessages } from "./message.ts";
import { DEFAULT_PERMISSIONS } from "./permissions.ts";
import { buildRole, deleteRole } from "./role.ts";
import type { GuildRecord, MemberRecord, WorldState } from "./state.ts";
import { changeVoiceState } from "./voice-state.ts";

/** What a bot's own role allows, as if its invitation had asked for all that a music bot needs. */
const BOT_PERMISSIONS =
  DEFAULT_PERMISSIONS |
  PermissionFlagsBits.ManageMessages |
  PermissionFlagsBits.MuteMembers |
  PermissionFlagsBits.MoveMembers;

/** Lets a user join; a bot also gets its managed role and, on its gateway sessions, GUILD_CREATE. */
export function addMember(
  state: WorldState,
  guild: GuildRecord,
  userId: Snowflake,
  permissions = BOT_PERMISSIONS,
): MemberRecord {
  const existing = guild.members.get(userId);
  if (existing !== undefined) return existing;
  const user = known(state.users.get(userId), "user", userId);
  const member: MemberRecord = { userId: userId, nick: null, roles: [], joinedAt: state.timestamp() };
  if (user.bot === true) {
    const top = Math.max(...[...guild.roles.values()].map(({ position }) => position));
    const role = buildRole(state.nextId(), top + 1, { name: user.username, permissions });
    guild.roles.set(role.id, { ...role, managed: true, tags: { bot_id: userId } });
    member.roles.push(role.id);
  }
  guild.bans.delete(member.userId);
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

/** Takes a member out of a guild, and out of its voice; a bot loses its role and gets GUILD_DELETE. */
export function removeMember(state: WorldState, guild: GuildRecord, userId: Snowflake): void {
  const member = known(guild.members.get(userId), `member of guild ${guild.id}`, userId);
  const sessionId = guild.voiceStates.get(userId)?.session_id;
  if (sessionId !== undefined)
    changeVoiceState(state, guild, { userId, sessionId, channelId: null, selfMute: false, selfDeaf: false });
  state.publish({
    name: "GUILD_MEMBER_REMOVE",
    data: { guild_id: guild.id, user: state.users.get(userId) },
    intents: GatewayIntentBits.GuildMembers,
    guildId: guild.id,
    except: userId,
  });
  state.publish({
    name: "GUILD_DELETE",
    data: { id: guild.id },
    intents: GatewayIntentBits.Guilds,
    guildId: guild.id,
    recipients: [userId],
  });
  guild.members.delete(userId);
  for (const role of guild.roles.values()) if (role.tags?.bot_id === userId) deleteRole(state, guild, role);
  state.events.emit({ type: "memberRemove", guildId: guild.id, userId: member.userId });
}

/** What a ban takes with it. */
export interface BanOptions {
  readonly reason?: string | undefined;
  /** Deletes what the user wrote in the last so many seconds. */
  readonly deleteMessageSeconds?: number | undefined;
}

/** Bans a user, who need not be a member. */
export function banUser(state: WorldState, guild: GuildRecord, userId: Snowflake, options: BanOptions = {}): void {
  const user = known(state.users.get(userId), "user", userId);
  if (guild.members.has(userId)) removeMember(state, guild, userId);
  guild.bans.set(userId, { reason: options.reason ?? null });
  state.publish({
    name: "GUILD_BAN_ADD",
    data: { guild_id: guild.id, user },
    intents: GatewayIntentBits.GuildModeration,
    guildId: guild.id,
  });
  const sinceMs = state.clock.now() - (options.deleteMessageSeconds ?? 0) * 1000;
  for (const channel of guild.channels.values()) {
    const own = [...channel.messages.values()].filter(
      ({ message }) => message.author.id === userId && Date.parse(message.timestamp) > sinceMs,
    );
    deleteMessages(state, channel, own);
  }
}

/** Lets a banned user come back; false when there was no ban. */
export function unbanUser(state: WorldState, guild: GuildRecord, userId: Snowflake): boolean {
  if (!guild.bans.delete(userId)) return false;
  state.publish({
    name: "GUILD_BAN_REMOVE",
    data: { guild_id: guild.id, user: state.users.get(userId) },
    intents: GatewayIntentBits.GuildModeration,
    guildId: guild.id,
  });
  return true;
}

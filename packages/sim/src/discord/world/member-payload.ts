import type { Snowflake } from "@antiphon/protocol/discord";
import type { APIGuildMember, GuildMemberFlags } from "discord-api-types/v10";
import { known } from "../sim-error.ts";
import type { GuildRecord, WorldState } from "./state.ts";

/** A member as Discord sends it; throws SIM_DISCORD_UNKNOWN_ENTITY for someone who is not one. */
export function memberPayload(state: WorldState, guild: GuildRecord, userId: Snowflake): APIGuildMember {
  const member = known(guild.members.get(userId), `member of guild ${guild.id}`, userId);
  return {
    user: known(state.users.get(userId), "user", userId),
    nick: member.nick,
    avatar: null,
    banner: null,
    roles: [...member.roles],
    joined_at: member.joinedAt,
    premium_since: null,
    deaf: false,
    mute: false,
    flags: 0 as GuildMemberFlags,
    pending: false,
    communication_disabled_until: null,
  };
}

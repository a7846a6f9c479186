import { GatewayOpcode } from "@antiphon/protocol/discord";
import { GatewayIntentBits } from "discord-api-types/v10";
import { memberPayload } from "../world/member-payload.ts";
import type { GuildRecord, WorldState } from "../world/state.ts";
import type { GatewayHub } from "./hub.ts";
import type { GatewaySession } from "./session.ts";

const CHUNK_SIZE = 1000;
/** The most members that a search, or a list of ids, gives. */
const SEARCH_LIMIT = 100;

type Fields = Readonly<Record<string, unknown>>;

/** Answers opcode 8 with GUILD_MEMBERS_CHUNK, or RATE_LIMITED for a full list asked for twice in 30 s. */
export function requestMembers(hub: GatewayHub, session: GatewaySession, fields: Fields): void {
  const { state, transcript } = hub;
  const guildId = Array.isArray(fields["guild_id"]) ? (fields["guild_id"] as unknown[])[0] : fields["guild_id"];
  const guild = typeof guildId === "string" && session.hasGuild(state, guildId) ? state.guilds.get(guildId) : undefined;
  if (guild === undefined)
    return transcript.add({ type: "problem", text: `Opcode 8 names no guild of the bot's: ${String(guildId)}.` });
  const isFullList = fields["user_ids"] === undefined && fields["query"] === "" && (fields["limit"] ?? 0) === 0;
  if (isFullList && (session.intents & GatewayIntentBits.GuildMembers) === 0) {
    return transcript.add({ type: "problem", text: "Opcode 8 asks for all members without the GUILD_MEMBERS intent." });
  }
  const nonce = fields["nonce"] === undefined ? {} : { nonce: fields["nonce"] };
  const retryAfterS = isFullList ? hub.memberListGate(session, guild.id) : 0;
  if (retryAfterS > 0) {
    const meta = { guild_id: guild.id, ...nonce };
    session.dispatch(
      "RATE_LIMITED",
      JSON.stringify({ opcode: GatewayOpcode.RequestGuildMembers, retry_after: retryAfterS, meta }),
    );
    return;
  }
  const { found, missing } = select(state, guild, fields, isFullList);
  const chunkCount = Math.max(1, Math.ceil(found.length / CHUNK_SIZE));
  for (let index = 0; index < chunkCount; index++) {
    const members = found
      .slice(index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE)
      .map((userId) => memberPayload(state, guild, userId));
    const chunk = {
      guild_id: guild.id,
      members,
      chunk_index: index,
      chunk_count: chunkCount,
      ...(missing.length > 0 ? { not_found: missing } : {}),
      ...(fields["presences"] === true ? { presences: [] } : {}),
      ...nonce,
    };
    session.dispatch("GUILD_MEMBERS_CHUNK", JSON.stringify(chunk));
  }
}

function select(
  state: WorldState,
  guild: GuildRecord,
  fields: Fields,
  isFullList: boolean,
): { readonly found: readonly string[]; readonly missing: readonly string[] } {
  const { user_ids: userIds } = fields;
  if (userIds !== undefined) {
    const wanted = (Array.isArray(userIds) ? (userIds as unknown[]) : [userIds]).map(String).slice(0, SEARCH_LIMIT);
    return {
      found: wanted.filter((id) => guild.members.has(id)),
      missing: wanted.filter((id) => !guild.members.has(id)),
    };
  }
  if (isFullList) return { found: [...guild.members.keys()], missing: [] };
  const query = (typeof fields["query"] === "string" ? fields["query"] : "").toLowerCase();
  const limit = Math.min(Number(fields["limit"]) || SEARCH_LIMIT, SEARCH_LIMIT);
  const names = ([userId, { nick }]: [string, { nick: string | null }]) => [
    state.users.get(userId)?.username ?? "",
    nick ?? "",
  ];
  const matches = [...guild.members].filter((entry) =>
    names(entry).some((name) => name !== "" && name.toLowerCase().startsWith(query)),
  );
  return { found: matches.slice(0, limit).map(([userId]) => userId), missing: [] };
}

import type { APIBan } from "discord-api-types/v10";
import { DISCORD_EPOCH_MS } from "@antiphon/protocol/discord";
import { banUser, removeMember, unbanUser } from "../world/membership.ts";
import { deleteMessages } from "../world/message.ts";
import { guildPermissions, rankOf } from "../world/permissions.ts";
import type { GuildRecord, WorldState } from "../world/state.ts";
import { demand, requireGuild, requireGuildChannel, requireMember } from "./access.ts";
import { refuse } from "./api-error.ts";
import { createForm } from "./form.ts";
import { noContent, ok, route, type Call, type Reply, type Route } from "./route.ts";

/** How old a message may be that is deleted together with others. */
const BULK_DELETE_AGE_MS = 14 * 24 * 60 * 60_000;
/** The most seconds whose messages a ban deletes. */
const BAN_DELETE_SECONDS = 604_800;
const BULK_BAN_LIMIT = 200;

/** Many messages deleted at once, kicks and bans. */
export const moderationRoutes: readonly Route[] = [
  route("POST", "/channels/:channelId/messages/bulk-delete", bulkDelete),
  route("DELETE", "/guilds/:guildId/members/:userId", (call) => {
    const guild = requireGuild(call, "KickMembers");
    const { userId } = requireMember(call, guild);
    if (!isBelow(call, guild, userId)) throw refuse("missingPermissions");
    removeMember(call.state, guild, userId);
    return noContent;
  }),
  route("GET", "/guilds/:guildId/bans", listBans),
  route("GET", "/guilds/:guildId/bans/:userId", (call) => {
    const guild = requireGuild(call, "BanMembers");
    const ban = bansOf(call.state, guild).find(({ user }) => user.id === call.params["userId"]);
    if (ban === undefined) throw refuse("unknownBan");
    return ok(ban);
  }),
  route("PUT", "/guilds/:guildId/bans/:userId", (call) => {
    const guild = requireGuild(call, "BanMembers");
    const userId = call.params["userId"] ?? "";
    if (!call.state.users.has(userId)) throw refuse("unknownUser");
    if (!isBelow(call, guild, userId)) throw refuse("missingPermissions");
    banUser(call.state, guild, userId, { reason: call.reason, deleteMessageSeconds: readDeleteSeconds(call) });
    return noContent;
  }),
  route("DELETE", "/guilds/:guildId/bans/:userId", (call) => {
    const guild = requireGuild(call, "BanMembers");
    if (!unbanUser(call.state, guild, call.params["userId"] ?? "")) throw refuse("unknownBan");
    return noContent;
  }),
  route("POST", "/guilds/:guildId/bulk-ban", bulkBan),
];

const isBelow = ({ application }: Call, guild: GuildRecord, userId: string) =>
  rankOf(guild, userId) < rankOf(guild, application.botUserId);

function bulkDelete(call: Call): Reply {
  const { channel } = requireGuildChannel(call, "ManageMessages");
  const form = createForm();
  const path = ["messages"];
  const list = form.list(form.object(call.body, [])?.["messages"], path, { minimum: 2, maximum: 100, required: true });
  const ids = (list ?? []).flatMap((id, index) => form.snowflake(id, [...path, index]) ?? []);
  if (new Set(ids).size !== ids.length)
    form.fail(path, "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value");
  form.finish();
  const oldestMs = call.state.clock.now() - BULK_DELETE_AGE_MS;
  // By their ids, so that messages that never were are judged, too.
  if (ids.some((id) => Number(BigInt(id) >> 22n) + DISCORD_EPOCH_MS < oldestMs)) throw refuse("tooOldToDelete");
  const records = ids.flatMap((id) => channel.messages.get(id) ?? []);
  deleteMessages(
    call.state,
    channel,
    records.filter(({ ephemeralTo }) => ephemeralTo === undefined),
  );
  return noContent;
}

function bansOf(state: WorldState, guild: GuildRecord): APIBan[] {
  return [...guild.bans].flatMap(([userId, { reason }]) => {
    const user = state.users.get(userId);
    return user === undefined ? [] : [{ reason, user }];
  });
}

function listBans(call: Call): Reply {
  const guild = requireGuild(call, "BanMembers");
  const form = createForm();
  const limit = form.integer(Number(call.query.get("limit") ?? 1000), ["limit"], { minimum: 1, maximum: 1000 });
  const after = BigInt(form.snowflake(call.query.get("after"), ["after"]) ?? 0);
  form.finish();
  const bans = bansOf(call.state, guild).filter(({ user }) => BigInt(user.id) > after);
  return ok(bans.toSorted((one, other) => (BigInt(one.user.id) < BigInt(other.user.id) ? -1 : 1)).slice(0, limit));
}

function readDeleteSeconds(call: Call): number | undefined {
  const form = createForm();
  const fields = form.object(call.body, []) ?? {};
  const path = ["delete_message_seconds"];
  const seconds = form.integer(fields["delete_message_seconds"], path, { minimum: 0, maximum: BAN_DELETE_SECONDS });
  form.finish();
  return seconds;
}

function bulkBan(call: Call): Reply {
  const guild = requireGuild(call, "BanMembers");
  demand(guildPermissions(guild, call.application.botUserId), "ManageGuild");
  const form = createForm();
  const list = form.list(form.object(call.body, [])?.["user_ids"], ["user_ids"], {
    minimum: 1,
    maximum: BULK_BAN_LIMIT,
    required: true,
  });
  const ids = (list ?? []).flatMap((id, index) => form.snowflake(id, ["user_ids", index]) ?? []);
  form.finish();
  const deleteMessageSeconds = readDeleteSeconds(call);
  const banned = ids.filter((userId) => {
    if (guild.bans.has(userId) || !call.state.users.has(userId) || !isBelow(call, guild, userId)) return false;
    banUser(call.state, guild, userId, { reason: call.reason, deleteMessageSeconds });
    return true;
  });
  if (banned.length === 0) throw refuse("nobodyBanned");
  return ok({ banned_users: banned, failed_users: ids.filter((userId) => !banned.includes(userId)) });
}

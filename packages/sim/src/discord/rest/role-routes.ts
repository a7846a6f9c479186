import { PermissionFlagsBits, type APIRole } from "discord-api-types/v10";
import { guildPermissions, rankOf } from "../world/permissions.ts";
import { createRole, deleteRole, moveRoles, setMemberRole, updateRole, type RoleDraft } from "../world/role.ts";
import type { GuildRecord } from "../world/state.ts";
import { requireGuild, requireMember } from "./access.ts";
import { refuse } from "./api-error.ts";
import { createForm } from "./form.ts";
import { noContent, ok, route, type Call, type Reply, type Route } from "./route.ts";

/** The most roles of a guild. */
const ROLE_LIMIT = 250;

/** Roles, and who has them. */
export const roleRoutes: readonly Route[] = [
  route("GET", "/guilds/:guildId/roles", (call) => ok([...requireGuild(call).roles.values()])),
  route("POST", "/guilds/:guildId/roles", (call) => {
    const guild = requireGuild(call, "ManageRoles");
    if (guild.roles.size >= ROLE_LIMIT) throw refuse("tooManyRoles");
    return ok(createRole(call.state, guild, readRole(call, guild)));
  }),
  route("PATCH", "/guilds/:guildId/roles", placeRoles),
  route("GET", "/guilds/:guildId/roles/:roleId", (call) => ok(roleOf(call, requireGuild(call)))),
  route("PATCH", "/guilds/:guildId/roles/:roleId", (call) => {
    const guild = requireGuild(call, "ManageRoles");
    const role = manageableRole(call, guild);
    return ok(updateRole(call.state, guild, role, readRole(call, guild)));
  }),
  route("DELETE", "/guilds/:guildId/roles/:roleId", (call) => {
    const guild = requireGuild(call, "ManageRoles");
    const role = manageableRole(call, guild);
    if (role.id === guild.id || role.managed) throw refuse("invalidRole");
    deleteRole(call.state, guild, role);
    return noContent;
  }),
  route("PUT", "/guilds/:guildId/members/:userId/roles/:roleId", (call) => changeMemberRole(call, true)),
  route("DELETE", "/guilds/:guildId/members/:userId/roles/:roleId", (call) => changeMemberRole(call, false)),
];

function roleOf({ params }: Call, guild: GuildRecord): APIRole {
  const role = guild.roles.get(params["roleId"] ?? "");
  if (role === undefined) throw refuse("unknownRole");
  return role;
}

/** The role of the path, if it stands below the bot's highest. */
function manageableRole(call: Call, guild: GuildRecord): APIRole {
  const role = roleOf(call, guild);
  if (role.position >= rankOf(guild, call.application.botUserId)) throw refuse("missingPermissions");
  return role;
}

function readRole(call: Call, guild: GuildRecord): RoleDraft {
  const form = createForm();
  const fields = form.object(call.body, []) ?? {};
  const draft: RoleDraft = {
    name: form.text(fields["name"], ["name"], { maximum: 100 }),
    permissions: form.bits(fields["permissions"], ["permissions"]),
    color: form.integer(fields["color"], ["color"], { minimum: 0, maximum: 0xff_ff_ff }),
    hoist: form.boolean(fields["hoist"], ["hoist"]),
    mentionable: form.boolean(fields["mentionable"], ["mentionable"]),
  };
  form.finish();
  // A bot cannot give away what it does not have.
  const held = guildPermissions(guild, call.application.botUserId);
  const isAdministrator = (held & PermissionFlagsBits.Administrator) !== 0n;
  if (!isAdministrator && ((draft.permissions ?? 0n) & ~held) !== 0n) throw refuse("missingPermissions");
  return draft;
}

function placeRoles(call: Call): Reply {
  const guild = requireGuild(call, "ManageRoles");
  const form = createForm();
  const positions = new Map<string, number>();
  for (const [index, item] of (form.list(call.body, [], { maximum: ROLE_LIMIT }) ?? []).entries()) {
    const entry = form.object(item, [index]) ?? {};
    const id = form.snowflake(entry["id"], [index, "id"]);
    const position = form.integer(entry["position"], [index, "position"], { minimum: 1, maximum: ROLE_LIMIT });
    if (id !== undefined && position !== undefined) positions.set(id, position);
  }
  form.finish();
  const rank = rankOf(guild, call.application.botUserId);
  for (const [id, position] of positions) {
    const role = guild.roles.get(id);
    if (role === undefined) throw refuse("unknownRole");
    const isMoved = role.position !== position;
    if (isMoved && Math.max(role.position, position) >= rank) throw refuse("missingPermissions");
  }
  moveRoles(call.state, guild, positions);
  return ok([...guild.roles.values()]);
}

function changeMemberRole(call: Call, present: boolean): Reply {
  const guild = requireGuild(call, "ManageRoles");
  const member = requireMember(call, guild);
  const role = manageableRole(call, guild);
  if (role.id === guild.id || role.managed) throw refuse("invalidRole");
  setMemberRole(call.state, guild, member, { roleId: role.id, present });
  return noContent;
}

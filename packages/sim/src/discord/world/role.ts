import type { Snowflake } from "@antiphon/protocol/discord";
import { GatewayIntentBits, type APIRole, type RoleFlags } from "discord-api-types/v10";
import { memberPayload } from "./member-payload.ts";
import type { GuildRecord, MemberRecord, WorldState } from "./state.ts";

/** What can be said about a role, after validation. */
export interface RoleDraft {
  readonly name?: string | undefined;
  /** A bit field. */
  readonly permissions?: bigint | undefined;
  readonly color?: number | undefined;
  readonly hoist?: boolean | undefined;
  readonly mentionable?: boolean | undefined;
}

/** A role that nobody was told of yet. */
export function buildRole(id: Snowflake, position: number, draft: RoleDraft): APIRole {
  const color = draft.color ?? 0;
  return {
    id,
    name: draft.name ?? "new role",
    color,
    colors: { primary_color: color, secondary_color: null, tertiary_color: null },
    hoist: draft.hoist ?? false,
    icon: null,
    unicode_emoji: null,
    position,
    permissions: String(draft.permissions ?? 0n),
    managed: false,
    mentionable: draft.mentionable ?? false,
    flags: 0 as RoleFlags,
  };
}

/** Adds a role just above everyone, below all others, as Discord does. */
export function createRole(state: WorldState, guild: GuildRecord, draft: RoleDraft): APIRole {
  for (const other of guild.roles.values()) if (other.position >= 1) other.position++;
  const everyone = guild.roles.get(guild.id)?.permissions ?? "0";
  const role = buildRole(state.nextId(), 1, { permissions: BigInt(everyone), ...draft });
  guild.roles.set(role.id, role);
  tell(state, "GUILD_ROLE_CREATE", guild, { role });
  return role;
}

/** Changes a role. */
export function updateRole(state: WorldState, guild: GuildRecord, role: APIRole, draft: RoleDraft): APIRole {
  const { permissions, color, ...rest } = draft;
  const changed: APIRole = {
    ...role,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    ...(permissions === undefined ? {} : { permissions: String(permissions) }),
    ...(color === undefined ? {} : { color, colors: { ...role.colors, primary_color: color } }),
  };
  guild.roles.set(role.id, changed);
  tell(state, "GUILD_ROLE_UPDATE", guild, { role: changed });
  return changed;
}

/** Places roles: those named get their position, the others keep their order around them. */
export function moveRoles(state: WorldState, guild: GuildRecord, positions: ReadonlyMap<Snowflake, number>): void {
  const wanted = (role: APIRole) => positions.get(role.id) ?? role.position;
  // Of two roles that want one place, the one that moves there goes past the other.
  const past = (role: APIRole) => Math.sign(wanted(role) - role.position);
  const sorted = [...guild.roles.values()]
    .filter(({ id }) => id !== guild.id)
    .toSorted((one, other) => wanted(one) - wanted(other) || past(one) - past(other));
  const moved = sorted.filter((role, index) => role.position !== index + 1);
  for (const role of moved) role.position = sorted.indexOf(role) + 1;
  for (const role of moved) tell(state, "GUILD_ROLE_UPDATE", guild, { role });
}

/** Deletes a role and takes it away from everybody. */
export function deleteRole(state: WorldState, guild: GuildRecord, role: APIRole): void {
  guild.roles.delete(role.id);
  for (const channel of guild.channels.values()) channel.overwrites.delete(role.id);
  for (const member of guild.members.values()) {
    const index = member.roles.indexOf(role.id);
    if (index !== -1) member.roles.splice(index, 1);
  }
  tell(state, "GUILD_ROLE_DELETE", guild, { role_id: role.id });
}

function tell(state: WorldState, name: string, guild: GuildRecord, data: object): void {
  state.publish({ name, data: { guild_id: guild.id, ...data }, intents: GatewayIntentBits.Guilds, guildId: guild.id });
}

/** Gives a member a role (`present`), or takes it away. */
export function setMemberRole(
  state: WorldState,
  guild: GuildRecord,
  member: MemberRecord,
  change: { readonly roleId: Snowflake; readonly present: boolean },
): void {
  const index = member.roles.indexOf(change.roleId);
  if ((index !== -1) === change.present) return;
  if (change.present) member.roles.push(change.roleId);
  else member.roles.splice(index, 1);
  const notice = {
    name: "GUILD_MEMBER_UPDATE",
    data: { guild_id: guild.id, ...memberPayload(state, guild, member.userId) },
    guildId: guild.id,
  };
  state.publish({ ...notice, intents: GatewayIntentBits.GuildMembers, except: member.userId });
  // A bot hears of itself without the intent.
  state.publish({ ...notice, intents: 0, recipients: [member.userId] });
}

import type { APIChannel } from "discord-api-types/v10";
import { CoreError } from "./core-error.ts";
import { isThread } from "./is-thread.ts";
import { allPermissions, Permissions } from "./permissions.ts";

/** A permission overwrite of a channel, as in the API's channel object. */
export interface PermissionOverwrite {
  /** The id of a role (`type` 0) or of a user (`type` 1). */
  readonly id: string;
  readonly type: number;
  /** Permissions granted, as decimal text. */
  readonly allow: string;
  /** Permissions taken away, as decimal text. */
  readonly deny: string;
}

/** What {@link computePermissions} looks at; the fields are named as in the API's objects. */
export interface ComputePermissionsInput {
  /** The guild with all its roles. */
  readonly guild: {
    readonly id: string;
    readonly owner_id: string;
    readonly roles: readonly { readonly id: string; readonly permissions: string }[];
  };
  /** The member whose permissions are asked for. */
  readonly member: {
    readonly userId: string;
    readonly roles: readonly string[];
    /** Until when the member is timed out, as ISO 8601 text. */
    readonly communication_disabled_until?: string | null | undefined;
  };
  /** The channel, or the parent channel of a thread; left out for the permissions in the guild at large. */
  readonly channel?:
    | APIChannel
    | { readonly permission_overwrites?: readonly PermissionOverwrite[] | undefined }
    | undefined;
  /** The moment for which timeouts count, in milliseconds since the Unix epoch; without it timeouts are ignored. */
  readonly nowMs?: number | undefined;
}

const ROLE_OVERWRITE = 0;
const TIMED_OUT = Permissions.viewChannel | Permissions.readMessageHistory;

function applyOverwrites(base: bigint, input: ComputePermissionsInput): bigint {
  const { guild, member, channel } = input;
  const overwrites: readonly PermissionOverwrite[] =
    (channel && "permission_overwrites" in channel ? channel.permission_overwrites : undefined) ?? [];
  let bits = base;
  const everyone = overwrites.find((overwrite) => overwrite.id === guild.id);
  if (everyone !== undefined) bits = (bits & ~BigInt(everyone.deny)) | BigInt(everyone.allow);
  let allow = 0n;
  let deny = 0n;
  for (const overwrite of overwrites) {
    if (overwrite.type !== ROLE_OVERWRITE || overwrite.id === guild.id || !member.roles.includes(overwrite.id))
      continue;
    allow |= BigInt(overwrite.allow);
    deny |= BigInt(overwrite.deny);
  }
  bits = (bits & ~deny) | allow;
  const own = overwrites.find((overwrite) => overwrite.type !== ROLE_OVERWRITE && overwrite.id === member.userId);
  return own === undefined ? bits : (bits & ~BigInt(own.deny)) | BigInt(own.allow);
}

/**
 * The permissions of a member in a guild or in one of its channels, as bits: roles, then overwrites of everyone, of roles, of the
 * member; owners and administrators have all, who cannot see a channel has none there, who is timed out may only read.
 *
 * @throws {@link CoreError} `CORE_OPTION_INVALID` for a thread, which has no overwrites of its own and would seem to be open to all
 * @see [Discord Docs/Permissions/Permission Overwrites]
 */
export function computePermissions(input: ComputePermissionsInput): bigint {
  const { guild, member, channel } = input;
  if (channel !== undefined && "type" in channel && isThread(channel)) {
    const message = `computePermissions: channel ${channel.id} is a thread; pass the channel that it is in.`;
    throw new CoreError("CORE_OPTION_INVALID", message, { details: { path: "channel" } });
  }
  if (guild.owner_id === member.userId) return allPermissions;
  let base = 0n;
  for (const role of guild.roles) {
    if (role.id === guild.id || member.roles.includes(role.id)) base |= BigInt(role.permissions);
  }
  if ((base & Permissions.administrator) !== 0n) return allPermissions;
  let bits = channel === undefined ? base : applyOverwrites(base, input);
  if (channel !== undefined && (bits & Permissions.viewChannel) === 0n) return 0n;
  const disabledUntil = member.communication_disabled_until;
  if (disabledUntil !== undefined && disabledUntil !== null && Date.parse(disabledUntil) > (input.nowMs ?? Infinity))
    bits &= TIMED_OUT;
  return bits;
}

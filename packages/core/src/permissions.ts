import { CoreError } from "./core-error.ts";

/** Every permission by name, as its bit. @see [Discord Docs/Permissions] */
export const Permissions = {
  createInstantInvite: 1n << 0n,
  kickMembers: 1n << 1n,
  banMembers: 1n << 2n,
  administrator: 1n << 3n,
  manageChannels: 1n << 4n,
  manageGuild: 1n << 5n,
  addReactions: 1n << 6n,
  viewAuditLog: 1n << 7n,
  prioritySpeaker: 1n << 8n,
  stream: 1n << 9n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  sendTtsMessages: 1n << 12n,
  manageMessages: 1n << 13n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readMessageHistory: 1n << 16n,
  mentionEveryone: 1n << 17n,
  useExternalEmojis: 1n << 18n,
  viewGuildInsights: 1n << 19n,
  connect: 1n << 20n,
  speak: 1n << 21n,
  muteMembers: 1n << 22n,
  deafenMembers: 1n << 23n,
  moveMembers: 1n << 24n,
  useVad: 1n << 25n,
  changeNickname: 1n << 26n,
  manageNicknames: 1n << 27n,
  manageRoles: 1n << 28n,
  manageWebhooks: 1n << 29n,
  manageGuildExpressions: 1n << 30n,
  useApplicationCommands: 1n << 31n,
  requestToSpeak: 1n << 32n,
  manageEvents: 1n << 33n,
  manageThreads: 1n << 34n,
  createPublicThreads: 1n << 35n,
  createPrivateThreads: 1n << 36n,
  useExternalStickers: 1n << 37n,
  sendMessagesInThreads: 1n << 38n,
  useEmbeddedActivities: 1n << 39n,
  moderateMembers: 1n << 40n,
  viewCreatorMonetizationAnalytics: 1n << 41n,
  useSoundboard: 1n << 42n,
  createGuildExpressions: 1n << 43n,
  createEvents: 1n << 44n,
  useExternalSounds: 1n << 45n,
  sendVoiceMessages: 1n << 46n,
  setVoiceChannelStatus: 1n << 48n,
  sendPolls: 1n << 49n,
  useExternalApps: 1n << 50n,
  pinMessages: 1n << 51n,
  bypassSlowmode: 1n << 52n,
} as const;

/** The name of a permission. */
export type PermissionName = keyof typeof Permissions;

/** Permissions as Discord sends them (decimal text), as bits, or as names. */
export type PermissionsInput = string | bigint | readonly PermissionName[];

/** Every permission that is documented. */
export const allPermissions: bigint = Object.values(Permissions).reduce((bits, bit) => bits | bit, 0n);

/**
 * The bit field of permissions in any form.
 *
 * @throws {@link CoreError} `CORE_UNKNOWN_PERMISSION` for a name that is none, or a text that is no whole number
 */
export function resolvePermissions(input: PermissionsInput): bigint {
  if (typeof input === "bigint") return input;
  if (typeof input === "string") {
    if (/^\d+$/.test(input)) return BigInt(input);
    throw new CoreError(
      "CORE_UNKNOWN_PERMISSION",
      `"${input}" is no bit field of permissions; expected a decimal number.`,
    );
  }
  let bits = 0n;
  for (const name of input) {
    if (!Object.hasOwn(Permissions, name)) {
      throw new CoreError("CORE_UNKNOWN_PERMISSION", `There is no permission "${name}".`, { details: { name } });
    }
    bits |= Permissions[name];
  }
  return bits;
}

/** Whether all of `needed` are granted; an administrator has every permission. */
export function hasPermissions(granted: PermissionsInput, needed: PermissionsInput): boolean {
  const grantedBits = resolvePermissions(granted);
  if ((grantedBits & Permissions.administrator) !== 0n) return true;
  const neededBits = resolvePermissions(needed);
  return (grantedBits & neededBits) === neededBits;
}

/** The names of the permissions in a bit field; bits without a name are left out. */
export function listPermissions(input: PermissionsInput): readonly PermissionName[] {
  const bits = resolvePermissions(input);
  return (Object.keys(Permissions) as PermissionName[]).filter((name) => (bits & Permissions[name]) !== 0n);
}

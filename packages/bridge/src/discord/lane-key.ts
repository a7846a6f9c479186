/** The fields of dispatches that tell whom they concern. */
interface Concerned {
  readonly guild_id?: unknown;
  readonly channel_id?: unknown;
  readonly id?: unknown;
  readonly user?: { readonly id?: unknown } | null;
  readonly user_id?: unknown;
}

/**
 * What keeps a dispatch's order: its guild; outside of guilds its channel, then its user; and the shard for what concerns the bot as a
 * whole. What concerns a guild, a channel or a user itself has it in `id`.
 */
export function laneKeyOf(data: unknown, shardId: number): string {
  if (typeof data !== "object" || data === null) return `shard-${shardId}`;
  const { guild_id: guildId, channel_id: channelId, id, user, user_id: userId } = data as Concerned;
  for (const candidate of [guildId, channelId, user?.id, userId, id])
    if (typeof candidate === "string") return candidate;
  return `shard-${shardId}`;
}

/** The lane of a key: a number below `laneCount`, the same in every process. FNV-1a spreads ids that differ in few digits. */
export function laneOf(key: string, laneCount: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  // The last bits alone would mix badly for small lane counts.
  return ((hash ^ (hash >>> 16)) >>> 0) % laneCount;
}

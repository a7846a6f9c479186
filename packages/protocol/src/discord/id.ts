import type { Brand } from "@antiphon/std";

/** A Discord id: an unsigned 64-bit number in decimal, always a string. */
export type Snowflake = string;
export type GuildId = Brand<Snowflake, "GuildId">;
export type ChannelId = Brand<Snowflake, "ChannelId">;
export type UserId = Brand<Snowflake, "UserId">;
export type MessageId = Brand<Snowflake, "MessageId">;
export type ApplicationId = Brand<Snowflake, "ApplicationId">;
export type InteractionId = Brand<Snowflake, "InteractionId">;

/** The first millisecond of 2015, from which Discord counts. */
export const DISCORD_EPOCH_MS = 1_420_070_400_000;

/** Whether a text is a well-formed snowflake: 1 to 20 digits that fit in 64 bits. */
export function isSnowflake(text: string): boolean {
  return /^\d{1,20}$/.test(text) && BigInt(text) <= 0xffff_ffff_ffff_ffffn;
}

/** When an id was made, in milliseconds since the Unix epoch. */
export function snowflakeTimestampMs(id: Snowflake): number {
  return Number(BigInt(id) >> 22n) + DISCORD_EPOCH_MS;
}

/** The shard that a guild lives on. @see [Discord Docs/Sharding] */
export function shardIdOf(guildId: Snowflake, shardCount: number): number {
  return Number((BigInt(guildId) >> 22n) % BigInt(shardCount));
}

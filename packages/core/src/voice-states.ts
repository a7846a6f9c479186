import type { ChannelId, Snowflake } from "@antiphon/protocol/discord";
import type { Cache } from "./cache/cache.ts";
import type { CachedVoiceState } from "./cache/cached-values.ts";

/** Who is in which voice channel, as far as the cache knows; needs the intents `guilds` and `guildVoiceStates`. */
export interface VoiceStates {
  /** The voice state of a user in a guild; undefined when the user is in no channel. */
  get(guildId: Snowflake, userId: Snowflake): CachedVoiceState | undefined;
  /** The voice channel that a user is in. */
  channelOf(guildId: Snowflake, userId: Snowflake): ChannelId | undefined;
  /** Everybody in a voice channel, bots included. */
  inChannel(guildId: Snowflake, channelId: Snowflake): readonly CachedVoiceState[];
  /** Everybody in any voice channel of a guild. */
  inGuild(guildId: Snowflake): readonly CachedVoiceState[];
}

/** Builds {@link VoiceStates} over a cache. */
export function createVoiceStates(cache: Cache): VoiceStates {
  const get = (guildId: Snowflake, userId: Snowflake) => cache.voiceStates.get(guildId, userId);
  return {
    get,
    channelOf: (guildId, userId) => get(guildId, userId)?.channel_id,
    inChannel: (guildId, channelId) => cache.voiceStates.in(guildId).filter((state) => state.channel_id === channelId),
    inGuild: (guildId) => cache.voiceStates.in(guildId),
  };
}

import type { Snowflake } from "@antiphon/protocol/discord";
import { GatewayIntentBits, Locale, type APIGuild, type GuildSystemChannelFlags } from "discord-api-types/v10";
import { channelPayload } from "./channel-payload.ts";
import { memberPayload } from "./member-payload.ts";
import type { GuildRecord, WorldState } from "./state.ts";

/** The guild object that REST and the gateway share. */
export function guildPayload(guild: GuildRecord): APIGuild {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    owner_id: guild.ownerId,
    region: "deprecated",
    afk_channel_id: null,
    afk_timeout: 300,
    widget_enabled: false,
    widget_channel_id: null,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    roles: [...guild.roles.values()],
    emojis: [],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0 as GuildSystemChannelFlags,
    rules_channel_id: null,
    max_members: 25_000_000,
    vanity_url_code: null,
    description: null,
    banner: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    preferred_locale: Locale.EnglishUS,
    public_updates_channel_id: null,
    max_video_channel_users: 25,
    max_stage_video_channel_users: 50,
    nsfw_level: 0,
    stickers: [],
    premium_progress_bar_enabled: false,
    hub_type: null,
    safety_alerts_channel_id: null,
    incidents_data: null,
  };
}

/**
 * The `d` of GUILD_CREATE. Without GUILD_PRESENCES, Discord lists only the bot itself and the members who are in voice.
 *
 * @see [Discord Docs/Gateway Events#Guild Create]
 */
export function guildCreatePayload(
  state: WorldState,
  guild: GuildRecord,
  session: { readonly viewerId: Snowflake; readonly intents: number },
): APIGuild & Record<string, unknown> {
  const { viewerId, intents } = session;
  const voiceStates = (intents & GatewayIntentBits.GuildVoiceStates) === 0 ? [] : [...guild.voiceStates.values()];
  const everybody = (intents & GatewayIntentBits.GuildPresences) !== 0;
  const listed = [...guild.members.keys()].filter(
    (userId) => everybody || userId === viewerId || guild.voiceStates.has(userId),
  );
  return {
    ...guildPayload(guild),
    joined_at: guild.members.get(viewerId)?.joinedAt ?? null,
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    voice_states: voiceStates.map(({ guild_id: _, member: __, ...voiceState }) => voiceState),
    members: listed.map((userId) => memberPayload(state, guild, userId)),
    channels: [...guild.channels.values()].map((channel) => channelPayload(state, channel)),
    threads: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: guild.soundboardSounds,
  };
}

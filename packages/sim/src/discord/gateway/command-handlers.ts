import { GatewayOpcode } from "@antiphon/protocol/discord";
import { ChannelType, PermissionFlagsBits } from "discord-api-types/v10";
import { channelPermissions } from "../world/permissions.ts";
import { changeVoiceState } from "../world/voice-state.ts";
import type { ClientFrame } from "./client-frame.ts";
import type { GatewayHub } from "./hub.ts";
import { requestMembers } from "./member-request.ts";
import { readPresence, tellPresence } from "./presence.ts";
import type { GatewaySession } from "./session.ts";

type Fields = Readonly<Record<string, unknown>>;

type Handler = (hub: GatewayHub, session: GatewaySession, fields: Fields) => void;

const HANDLERS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [GatewayOpcode.PresenceUpdate, updatePresence],
  [GatewayOpcode.VoiceStateUpdate, updateVoiceState],
  [GatewayOpcode.RequestGuildMembers, requestMembers],
  [GatewayOpcode.RequestSoundboardSounds, requestSoundboardSounds],
  [GatewayOpcode.RequestChannelInfo, requestChannelInfo],
]);

/** Does what an identified client asks for; gives the close code when it must not ask. */
export function handleCommand(
  hub: GatewayHub,
  session: GatewaySession | undefined,
  { op, d }: ClientFrame,
): number | undefined {
  const handle = HANDLERS.get(op);
  if (handle === undefined) return 4001;
  if (session === undefined) return 4003;
  if (typeof d !== "object" || d === null) return 4002;
  handle(hub, session, d as Fields);
  return undefined;
}

function updatePresence({ state }: GatewayHub, session: GatewaySession, fields: Fields): void {
  tellPresence(state, session, readPresence(fields));
}

function updateVoiceState(hub: GatewayHub, session: GatewaySession, fields: Fields): void {
  const { state, transcript } = hub;
  const { guild_id: guildId, channel_id: channelId, self_mute: selfMute, self_deaf: selfDeaf } = fields;
  const guild = typeof guildId === "string" && session.hasGuild(state, guildId) ? state.guilds.get(guildId) : undefined;
  const isChannel =
    channelId === null ||
    (typeof channelId === "string" && guild?.channels.get(channelId)?.type === ChannelType.GuildVoice);
  if (guild === undefined || !isChannel) {
    // Discord says nothing either.
    transcript.add({
      type: "problem",
      text: `Opcode 4 names no voice channel of the bot's: guild ${String(guildId)}, channel ${String(channelId)}.`,
    });
    return;
  }
  const channel = channelId === null ? undefined : guild.channels.get(channelId);
  const { botUserId } = session.application;
  const held = channel === undefined ? undefined : channelPermissions(guild, channel, botUserId);
  if (held !== undefined && (held & PermissionFlagsBits.Connect) === 0n) {
    // Discord says nothing to this either.
    transcript.add({ type: "problem", text: `The bot may not connect to channel ${String(channelId)}.` });
    return;
  }
  changeVoiceState(state, guild, {
    userId: session.application.botUserId,
    sessionId: session.id,
    channelId: channelId,
    selfMute: selfMute === true,
    selfDeaf: selfDeaf === true,
  });
  if (state.voice === undefined && channelId !== null) {
    transcript.add({ type: "problem", text: "No voice server was allocated: start the simulator with `voice`." });
  }
}

/** Answers opcode 31: SOUNDBOARD_SOUNDS for each guild that the bot is in. */
function requestSoundboardSounds({ state, transcript }: GatewayHub, session: GatewaySession, fields: Fields): void {
  const guildIds = Array.isArray(fields["guild_ids"]) ? (fields["guild_ids"] as unknown[]).map(String) : [];
  for (const guildId of guildIds) {
    const guild = session.hasGuild(state, guildId) ? state.guilds.get(guildId) : undefined;
    if (guild === undefined) {
      transcript.add({ type: "problem", text: `Opcode 31 names no guild of the bot's: ${guildId}.` });
      continue;
    }
    const data = { guild_id: guild.id, soundboard_sounds: guild.soundboardSounds };
    session.dispatch("SOUNDBOARD_SOUNDS", JSON.stringify(data));
  }
}

/** Answers opcode 43: CHANNEL_INFO, the fields asked for of all voice channels. */
function requestChannelInfo({ state, transcript }: GatewayHub, session: GatewaySession, fields: Fields): void {
  const { guild_id: guildId, fields: wanted } = fields;
  const guild = typeof guildId === "string" && session.hasGuild(state, guildId) ? state.guilds.get(guildId) : undefined;
  if (guild === undefined || !Array.isArray(wanted)) {
    return transcript.add({
      type: "problem",
      text: `Opcode 43 names no guild of the bot's, or no fields: ${String(guildId)}.`,
    });
  }
  const channels = [...guild.channels.values()]
    .filter(({ type }) => type === ChannelType.GuildVoice)
    .map(({ id, status, voiceStartedAtS }) => ({
      id,
      ...(wanted.includes("status") ? { status } : {}),
      ...(wanted.includes("voice_start_time") ? { voice_start_time: voiceStartedAtS } : {}),
    }));
  session.dispatch("CHANNEL_INFO", JSON.stringify({ guild_id: guild.id, channels }));
}

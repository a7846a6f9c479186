import { GatewayOpcode } from "@antiphon/protocol/discord";
import { ChannelType, GatewayIntentBits } from "discord-api-types/v10";
import { changeVoiceState } from "../world/voice-state.ts";
import type { ClientFrame } from "./connection.ts";
import type { GatewayHub } from "./hub.ts";
import { requestMembers } from "./member-request.ts";
import type { GatewaySession } from "./session.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Opcodes that a client may send, but that this simulator does not answer. */
const UNANSWERED: ReadonlySet<number> = new Set([
  GatewayOpcode.RequestSoundboardSounds,
  GatewayOpcode.RequestChannelInfo,
]);

/** Does what an identified client asks for; gives the close code when it must not ask. */
export function handleCommand(
  hub: GatewayHub,
  session: GatewaySession | undefined,
  { op, d }: ClientFrame,
): number | undefined {
  const isAnswered =
    op === GatewayOpcode.PresenceUpdate ||
    op === GatewayOpcode.VoiceStateUpdate ||
    op === GatewayOpcode.RequestGuildMembers;
  if (!isAnswered && !UNANSWERED.has(op)) return 4001;
  if (session === undefined) return 4003;
  if (typeof d !== "object" || d === null) return 4002;
  const fields = d as Fields;
  if (op === GatewayOpcode.PresenceUpdate) updatePresence(hub, session, fields);
  else if (op === GatewayOpcode.VoiceStateUpdate) updateVoiceState(hub, session, fields);
  else if (op === GatewayOpcode.RequestGuildMembers) requestMembers(hub, session, fields);
  else hub.transcript.add({ type: "problem", text: `Opcode ${op} is not answered here.` });
  return undefined;
}

function updatePresence({ state }: GatewayHub, session: GatewaySession, fields: Fields): void {
  const { botUserId } = session.application;
  const status = typeof fields["status"] === "string" ? fields["status"] : "online";
  const activities = Array.isArray(fields["activities"]) ? (fields["activities"] as Fields[]) : [];
  state.events.emit({
    type: "presenceUpdate",
    userId: botUserId,
    status,
    activities: activities.map(({ name }) => String(name)),
  });
  for (const guild of state.guilds.values()) {
    if (!session.hasGuild(state, guild.id)) continue;
    state.publish({
      name: "PRESENCE_UPDATE",
      data: { user: { id: botUserId }, guild_id: guild.id, status, activities, client_status: { web: status } },
      intents: GatewayIntentBits.GuildPresences,
      guildId: guild.id,
    });
  }
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

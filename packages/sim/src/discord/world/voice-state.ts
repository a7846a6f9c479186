import type {
  ChannelId,
  GuildId,
  Snowflake,
  UserId,
  VoiceServerDispatch,
  VoiceSignaling,
  VoiceStateDispatch,
} from "@antiphon/protocol/discord";
import { toDisposable } from "@antiphon/std";
import { GatewayIntentBits, type APIVoiceState } from "discord-api-types/v10";
import { known } from "../sim-error.ts";
import { memberPayload } from "./member-payload.ts";
import type { Notice } from "./notice.ts";
import type { GuildRecord, WorldState } from "./state.ts";

/** What op 4, or a person's click, asks for. */
export interface VoiceChange {
  readonly userId: Snowflake;
  /** The gateway session that asks; VOICE_SERVER_UPDATE goes there alone. */
  readonly sessionId: string;
  /** Null leaves. */
  readonly channelId: Snowflake | null;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
}

/** Moves a user into, between or out of voice channels, and allocates a voice server where one is needed. */
export function changeVoiceState(state: WorldState, guild: GuildRecord, change: VoiceChange): void {
  const { userId, sessionId, channelId } = change;
  if (channelId !== null) known(guild.channels.get(channelId), `channel of guild ${guild.id}`, channelId);
  const previous = guild.voiceStates.get(userId);
  if (previous === undefined && channelId === null) return;
  const voiceState: APIVoiceState = {
    guild_id: guild.id,
    channel_id: channelId,
    user_id: userId,
    session_id: channelId === null ? (previous?.session_id ?? sessionId) : sessionId,
    deaf: false,
    mute: false,
    self_deaf: change.selfDeaf,
    self_mute: change.selfMute,
    self_video: false,
    suppress: false,
    request_to_speak_timestamp: null,
    member: memberPayload(state, guild, userId),
  };
  if (channelId === null) guild.voiceStates.delete(userId);
  else guild.voiceStates.set(userId, voiceState);
  state.publish({
    name: "VOICE_STATE_UPDATE",
    data: voiceState,
    intents: GatewayIntentBits.GuildVoiceStates,
    guildId: guild.id,
  });
  state.events.emit({
    type: "voiceStateUpdate",
    guildId: guild.id,
    userId: userId,
    channelId: channelId,
    previousChannelId: previous?.channel_id ?? null,
    state: voiceState,
  });
  if (channelId === null) state.voice?.release({ guildId: guild.id, userId: userId });
  else if (previous?.channel_id !== channelId || previous.session_id !== sessionId) allocate(state, guild, voiceState);
  for (const id of new Set([previous?.channel_id, channelId])) noteVoiceStart(state, guild, id);
}

/** Since when somebody is in a voice channel: from the first who comes until the last one leaves. */
function noteVoiceStart(state: WorldState, guild: GuildRecord, channelId: Snowflake | null | undefined): void {
  const channel = guild.channels.get(channelId ?? "");
  if (channel === undefined) return;
  const isUsed = [...guild.voiceStates.values()].some((voiceState) => voiceState.channel_id === channel.id);
  if (isUsed === (channel.voiceStartedAtS !== null)) return;
  channel.voiceStartedAtS = isUsed ? Math.floor(state.clock.now() / 1000) : null;
  state.publish({
    name: "VOICE_CHANNEL_START_TIME_UPDATE",
    data: { id: channel.id, guild_id: guild.id, voice_start_time: channel.voiceStartedAtS },
    intents: GatewayIntentBits.GuildVoiceStates,
    guildId: guild.id,
  });
}

function allocate(state: WorldState, guild: GuildRecord, voiceState: APIVoiceState): void {
  if (state.voice === undefined) return;
  const { token } = state.voice.allocate({
    guildId: guild.id,
    channelId: voiceState.channel_id as ChannelId,
    userId: voiceState.user_id,
    sessionId: voiceState.session_id,
  });
  tellVoiceServer(state, guild, voiceState, { token, endpoint: state.voice.endpoint });
}

function tellVoiceServer(
  state: WorldState,
  guild: GuildRecord,
  voiceState: APIVoiceState,
  server: { readonly token: string; readonly endpoint: string | null },
): void {
  state.publish({
    name: "VOICE_SERVER_UPDATE",
    data: { token: server.token, guild_id: guild.id, endpoint: server.endpoint },
    intents: 0,
    guildId: guild.id,
    sessionId: voiceState.session_id,
  });
}

/** Tells everybody in voice that their voice server has gone away and another is not there yet. */
export function withdrawVoiceServer(state: WorldState, guild: GuildRecord): void {
  for (const voiceState of guild.voiceStates.values()) {
    tellVoiceServer(state, guild, voiceState, { token: state.hex(16), endpoint: null });
  }
}

/** Allocates a voice server anew for everybody in voice. */
export function assignVoiceServer(state: WorldState, guild: GuildRecord): void {
  for (const voiceState of guild.voiceStates.values()) allocate(state, guild, voiceState);
}

/** The voice session of a person, who has no gateway connection of their own; the same one for their whole life. */
export function humanSessionId(state: WorldState, userId: Snowflake): string {
  const existing = state.humanSessions.get(userId);
  if (existing !== undefined) return existing;
  const sessionId = state.hex(32);
  state.humanSessions.set(userId, sessionId);
  return sessionId;
}

/** Takes everybody whom this gateway session put into a voice channel out again, as Discord does when a session dies. */
export function endVoiceOfSession(state: WorldState, sessionId: string): void {
  for (const guild of state.guilds.values()) {
    for (const voiceState of guild.voiceStates.values()) {
      if (voiceState.session_id !== sessionId) continue;
      changeVoiceState(state, guild, {
        userId: voiceState.user_id,
        sessionId,
        channelId: null,
        selfMute: false,
        selfDeaf: false,
      });
    }
  }
}

/** A simulated person's side of the main gateway, for a voice client that plays that person. */
export function createHumanSignaling(state: WorldState, userId: UserId): VoiceSignaling {
  const sessionId = humanSessionId(state, userId);
  const subscribe = (listener: (notice: Notice) => void) => {
    state.onNotice.add(listener);
    return toDisposable(() => state.onNotice.delete(listener));
  };
  return {
    userId,
    updateVoiceState: async ({ guildId, channelId, selfMute, selfDeaf }) => {
      const guild = known(state.guilds.get(guildId), "guild", guildId);
      // No gateway answers before the call has returned, and clients may start to listen only then.
      await Promise.resolve();
      changeVoiceState(state, guild, { userId, sessionId, channelId, selfMute, selfDeaf });
    },
    onVoiceState: (listener) =>
      subscribe((notice) => {
        if (notice.name !== "VOICE_STATE_UPDATE") return;
        const data = notice.data as APIVoiceState;
        if (data.user_id === userId) listener(stateDispatch(data));
      }),
    onVoiceServer: (listener) =>
      subscribe((notice) => {
        if (notice.name !== "VOICE_SERVER_UPDATE" || notice.sessionId !== sessionId) return;
        const { guild_id, token, endpoint } = notice.data as {
          guild_id: GuildId;
          token: string;
          endpoint: string | null;
        };
        listener({ guildId: guild_id, token, endpoint } satisfies VoiceServerDispatch);
      }),
  };
}

function stateDispatch(data: APIVoiceState): VoiceStateDispatch {
  return {
    guildId: data.guild_id as GuildId,
    userId: data.user_id,
    channelId: data.channel_id,
    sessionId: data.session_id,
  };
}

import {
  GatewayOpcode,
  type ChannelId,
  type DispatchSource,
  type GuildId,
  type UserId,
  type VoiceServerDispatch,
  type VoiceSignaling,
  type VoiceStateDispatch,
} from "@antiphon/protocol/discord";
import type { Client } from "discord.js";
import { DiscordJsError } from "./discordjs-error.ts";

interface VoiceStatePayload {
  readonly guild_id?: GuildId;
  readonly user_id: UserId;
  readonly channel_id: ChannelId | null;
  readonly session_id: string;
}

interface VoiceServerPayload {
  readonly guild_id: GuildId;
  readonly token: string;
  readonly endpoint: string | null;
}

function toVoiceState(payload: VoiceStatePayload): VoiceStateDispatch | undefined {
  const { guild_id: guildId, user_id: userId, channel_id: channelId, session_id: sessionId } = payload;
  return guildId === undefined ? undefined : { guildId, userId, channelId, sessionId };
}

function toVoiceServer({ guild_id: guildId, token, endpoint }: VoiceServerPayload): VoiceServerDispatch {
  return { guildId, token, endpoint };
}

/** What voice and Lavalink clients need, from a discord.js client. */
export function createVoiceSignaling(client: Client, source: DispatchSource): VoiceSignaling {
  const userId = () => {
    if (client.user === null)
      throw new DiscordJsError("DISCORDJS_NOT_CONNECTED", "The bot's user is not known before the client is ready.");
    return client.user.id as UserId;
  };
  return {
    get userId() {
      return userId();
    },
    updateVoiceState: async ({ guildId, channelId, selfMute, selfDeaf }) =>
      source.send(guildId, {
        op: GatewayOpcode.VoiceStateUpdate,
        d: { guild_id: guildId, channel_id: channelId, self_mute: selfMute, self_deaf: selfDeaf },
      }),
    onVoiceState: (listener) =>
      source.subscribe(({ type, data }) => {
        if (type !== "VOICE_STATE_UPDATE") return;
        const dispatch = toVoiceState(data as VoiceStatePayload);
        if (dispatch !== undefined && dispatch.userId === client.user?.id) listener(dispatch);
      }),
    onVoiceServer: (listener) =>
      source.subscribe(({ type, data }) => {
        if (type === "VOICE_SERVER_UPDATE") listener(toVoiceServer(data as VoiceServerPayload));
      }),
  };
}

import type { ChannelId, GuildId, UserId } from "./id.ts";

/** The part of VOICE_STATE_UPDATE that a voice connection needs. */
export interface VoiceStateDispatch {
  readonly guildId: GuildId;
  readonly userId: UserId;
  /** Null when the user left. */
  readonly channelId: ChannelId | null;
  readonly sessionId: string;
}

/** VOICE_SERVER_UPDATE. */
export interface VoiceServerDispatch {
  readonly guildId: GuildId;
  readonly token: string;
  /** `host[:port]` without a scheme; null while Discord allocates a server. */
  readonly endpoint: string | null;
}

/** What op 4 asks for. */
export interface VoiceStateRequest {
  readonly guildId: GuildId;
  /** Null leaves. */
  readonly channelId: ChannelId | null;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
}

/** The main gateway as a voice client sees it. Implemented by `core`, `discordjs`, and simulated users. */
export interface VoiceSignaling {
  /** The own user's id; known once the gateway is ready, throws before. */
  readonly userId: UserId;
  /** Sends op 4. */
  updateVoiceState(request: VoiceStateRequest): Promise<void>;
  /** Calls the listener for every VOICE_STATE_UPDATE of the own user. */
  onVoiceState(listener: (dispatch: VoiceStateDispatch) => void): Disposable;
  /** Calls the listener for every VOICE_SERVER_UPDATE. */
  onVoiceServer(listener: (dispatch: VoiceServerDispatch) => void): Disposable;
}

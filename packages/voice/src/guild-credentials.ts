import type { UserId, VoiceServerDispatch, VoiceStateDispatch } from "@antiphon/protocol/discord";
import type { VoiceCredentials } from "./voice-connection.ts";

/** Puts the two halves of a guild's voice credentials together. */
export interface GuildCredentials {
  /** Takes VOICE_STATE_UPDATE. */
  onState(dispatch: VoiceStateDispatch): void;
  /** Takes VOICE_SERVER_UPDATE; gives the credentials when they are complete with it, which they are not on a first join in that order. */
  onServer(dispatch: VoiceServerDispatch): VoiceCredentials | null;
  /** Resolves with the next complete credentials. */
  next(): Promise<VoiceCredentials>;
}

/**
 * Builds the collector of a guild. On a first join the halves may come in either order; later, as Discord does, the state comes first, and
 * each VOICE_SERVER_UPDATE completes new credentials.
 */
export function createGuildCredentials(userId: UserId): GuildCredentials {
  let state: VoiceStateDispatch | null = null;
  let server: VoiceServerDispatch | null = null;
  const waiting: ((credentials: VoiceCredentials) => void)[] = [];

  const complete = (): VoiceCredentials | null => {
    const { channelId = null } = state ?? {};
    const { endpoint = null } = server ?? {};
    if (state === null || server === null || channelId === null || endpoint === null) return null;
    const { guildId, sessionId } = state;
    const credentials = { guildId, channelId, userId, sessionId, token: server.token, endpoint };
    for (const resolve of waiting.splice(0)) resolve(credentials);
    return credentials;
  };
  return {
    onState(dispatch) {
      const first = state === null;
      state = dispatch;
      if (first) complete();
    },
    onServer(dispatch) {
      server = dispatch;
      return complete();
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  };
}

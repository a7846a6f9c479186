import type {
  ChannelId,
  GuildId,
  UserId,
  VoiceServerDispatch,
  VoiceSignaling,
  VoiceStateDispatch,
  VoiceStateRequest,
} from "@antiphon/protocol/discord";
import { toDisposable } from "@antiphon/std";

/** A gateway that grants every join; `automatic` off leaves the answering to the test. */
export interface FakeSignaling extends VoiceSignaling {
  readonly requests: readonly VoiceStateRequest[];
  automatic: boolean;
  state(guildId: GuildId, channelId: ChannelId | null, sessionId?: string): void;
  server(guildId: GuildId, endpoint: string | null, token?: string): void;
}

export function createFakeSignaling(): FakeSignaling {
  const requests: VoiceStateRequest[] = [];
  const stateListeners = new Set<(dispatch: VoiceStateDispatch) => void>();
  const serverListeners = new Set<(dispatch: VoiceServerDispatch) => void>();
  const listen = <Listener>(listeners: Set<Listener>, listener: Listener) => {
    listeners.add(listener);
    return toDisposable(() => listeners.delete(listener));
  };
  const userId = "1000" as UserId;
  let sessions = 0;
  const fake: FakeSignaling = {
    userId,
    requests,
    automatic: true,
    async updateVoiceState(request) {
      requests.push(request);
      if (!fake.automatic) return;
      fake.state(request.guildId, request.channelId, `session-${++sessions}`);
      if (request.channelId !== null) fake.server(request.guildId, "voice.invalid:443", `token-${sessions}`);
    },
    state(guildId, channelId, sessionId = "session") {
      for (const listener of stateListeners) listener({ guildId, userId, channelId, sessionId });
    },
    server(guildId, endpoint, token = "token") {
      for (const listener of serverListeners) listener({ guildId, endpoint, token });
    },
    onVoiceState: (listener) => listen(stateListeners, listener),
    onVoiceServer: (listener) => listen(serverListeners, listener),
  };
  return fake;
}

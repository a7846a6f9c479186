import type { VoiceServerDispatch, VoiceSignaling, VoiceStateDispatch } from "@antiphon/protocol/discord";
import { createVoiceManager, type VoiceCredentials } from "../src/index.ts";
import type { Join } from "./sender.ts";

/** A main gateway that answers op 4 with given credentials. */
function createSignaling(credentials: readonly VoiceCredentials[]): VoiceSignaling {
  const states = new Set<(dispatch: VoiceStateDispatch) => void>();
  const servers = new Set<(dispatch: VoiceServerDispatch) => void>();
  const subscribe = <T>(listeners: Set<T>, listener: T): Disposable => {
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  };
  const [first] = credentials;
  if (first === undefined) throw new RangeError("there are no credentials");
  return {
    userId: first.userId,
    updateVoiceState({ guildId, channelId }) {
      const given = credentials.find((each) => each.guildId === guildId);
      if (given === undefined || channelId === null) return Promise.resolve();
      const { userId, sessionId, token, endpoint } = given;
      for (const listener of states) listener({ guildId, userId, channelId, sessionId });
      for (const listener of servers) listener({ guildId, token, endpoint });
      return Promise.resolve();
    },
    onVoiceState: (listener) => subscribe(states, listener),
    onVoiceServer: (listener) => subscribe(servers, listener),
  };
}

/** Joins with this package as its README shows. */
export function createAntiphonSenders(ca: string, credentials: readonly VoiceCredentials[]): Join {
  const manager = createVoiceManager({ signaling: createSignaling(credentials), tls: { ca } });
  return async ({ guildId, channelId }) => {
    const connection = await manager.join({ guildId, channelId });
    return {
      get isEncrypted() {
        return connection.getStats().privacyCode !== null;
      },
      play(nextFrame) {
        connection.play({ frameMs: 20, next: () => Promise.resolve(nextFrame()), close() {} });
      },
      close: () => connection.close(),
    };
  };
}

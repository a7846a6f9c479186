import { connectVoice, createVoiceWorkers } from "../src/index.ts";
import type { Join } from "./sending-client.ts";

/** Joins with this package, one thread for all rooms. */
export function createAntiphonSenders(ca: string): Join {
  const workers = createVoiceWorkers();
  return async (credentials) => {
    const connection = await connectVoice({ credentials, workers, tls: { ca } });
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

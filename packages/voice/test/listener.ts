import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { connectVoice, type VoiceConnection } from "@antiphon/voice";
import type { ListenerAnswer, ListenerQuestion } from "./listener-thread.ts";

/** A simulated voice server with a member who listens, in a thread of its own. */
export interface Listener extends AsyncDisposable {
  /** Connects a client of this thread. */
  connect(userId: string): Promise<VoiceConnection>;
  /** Resolves when the member has heard so many frames that are not silence. */
  heard(count: number): Promise<readonly { readonly opus: Uint8Array; readonly timestamp: number }[]>;
}

/** Starts the thread. */
export async function startListener(): Promise<Listener> {
  const worker = new Worker(new URL("./listener-thread.ts", import.meta.url));
  const connections: VoiceConnection[] = [];
  const ask = async <Kind extends ListenerAnswer["kind"]>(question: ListenerQuestion & { kind: Kind }) => {
    worker.postMessage(question);
    const [answer] = (await once(worker, "message")) as [Extract<ListenerAnswer, { kind: Kind }>];
    return answer;
  };
  return {
    async connect(userId) {
      const { credentials, ca } = await ask({ kind: "allocate", userId });
      const connection = await connectVoice({ credentials, tls: { ca } });
      connections.push(connection);
      return connection;
    },
    async heard(count) {
      return (await ask({ kind: "heard", count })).frames;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(connections.map((connection) => connection.close()));
      await ask({ kind: "close" });
      await worker.terminate();
    },
  };
}

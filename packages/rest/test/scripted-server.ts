import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What the server answers; undefined never answers. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a text as HTML. */
  readonly body?: object | string;
}

/** One request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server on loopback that says what the test wants. */
export interface ScriptedServer extends AsyncDisposable {
  readonly api: string;
  readonly seen: readonly SeenRequest[];
  /** The most sockets that were open at once. */
  readonly peakSockets: number;
  /** Sockets that are open now. */
  readonly sockets: number;
  /** Resolves when this many requests have arrived. */
  reached(count: number): Promise<void>;
}

/** Starts a {@link ScriptedServer}. */
export async function startScriptedServer(
  answer: (request: SeenRequest, index: number) => ScriptedAnswer | undefined | Promise<ScriptedAnswer | undefined>,
): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const waiting = new Set<() => void>();
  let sockets = 0;
  let peakSockets = 0;
  const respond = async (request: IncomingMessage): Promise<ScriptedAnswer | undefined> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const own = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    seen.push(own);
    const index = seen.length - 1;
    for (const notify of waiting) notify();
    return answer(own, index);
  };
  const server = createServer((request, response) => {
    const send = (scripted: ScriptedAnswer | undefined) => {
      if (scripted === undefined) return;
      const { status, headers, body } = scripted;
      const type = typeof body === "object" ? "application/json" : "text/html";
      response.writeHead(status, body === undefined ? headers : { "content-type": type, ...headers });
      response.end(typeof body === "object" ? JSON.stringify(body) : body);
    };
    // A request that was cut short gets no answer.
    void respond(request).then(send, () => response.destroy());
  });
  server.on("connection", (socket) => {
    peakSockets = Math.max(peakSockets, ++sockets);
    socket.on("close", () => sockets--);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    seen,
    get sockets() {
      return sockets;
    },
    get peakSockets() {
      return peakSockets;
    },
    reached: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (seen.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

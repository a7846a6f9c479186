import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createBoundedQueue } from "@antiphon/std";
import { onTestFinished } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { openWebSocket, type WebSocketOptions } from "../src/index.ts";

/** The port that a server was given. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

/** Opens our end of a connection to somebody else's server, and gives both ends once something has come through. */
export async function connect(url: string, server: WebSocketServer, options: WebSocketOptions = {}) {
  const messages = createBoundedQueue<string | Buffer>({ limit: 1_000 });
  const pongs = createBoundedQueue<"pong">({ limit: 10 });
  const accepted = once(server, "connection") as Promise<[WebSocket]>;
  const socket = openWebSocket(
    url,
    {
      onMessage: (message, isBinary) => messages.push(isBinary ? Buffer.from(message) : message.toString("latin1")),
      onPong: () => pongs.push("pong"),
    },
    options,
  );
  onTestFinished(() => socket.abort());
  const [peer] = await accepted;
  // The server is done with the handshake before we are.
  peer.send("welcome");
  await messages.take();
  return { socket, peer, messages, pongs };
}

/** The server of `ws`, and one connection to it. */
export async function startServer(options: WebSocketOptions = {}) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return connect(`ws://127.0.0.1:${portOf(server)}/`, server, options);
}

/** A server that answers an upgrade with these bytes, and then does no more. */
export async function startRawServer(answer: string) {
  const sockets: Socket[] = [];
  const asked = Promise.withResolvers<string>();
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {}); // The client hangs up.
    socket.once("data", (data) => {
      asked.resolve(data.toString("latin1"));
      socket.write(answer);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `ws://127.0.0.1:${portOf(server)}/`, request: asked.promise };
}

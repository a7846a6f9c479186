import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

const WRITE_AHEAD_BYTES = 4 * 1024 * 1024;
const MESSAGES_PER_WRITE = 500;

/** Sends many messages in each write, so that the reader, not the writer, is what takes its time. */
function pour(socket: WebSocket, transport: { cork(): void; uncork(): void }, message: string, count: number): void {
  let sent = 0;
  const write = () => {
    if (socket.bufferedAmount < WRITE_AHEAD_BYTES) {
      transport.cork();
      for (const end = Math.min(sent + MESSAGES_PER_WRITE, count); sent < end; sent++) socket.send(message);
      transport.uncork();
    }
    if (sent < count && socket.readyState === socket.OPEN) setImmediate(write);
  };
  write();
}

/** Starts a server that answers `{ sizeBytes, count }` with so many messages of that size; gives its address. */
export async function startFloodServer(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  new WebSocketServer({ server }).on("connection", (socket, { socket: transport }) => {
    socket.on("error", () => {}); // The client hangs up.
    socket.on("message", (data: Buffer) => {
      const { sizeBytes, count } = JSON.parse(data.toString()) as {
        readonly sizeBytes: number;
        readonly count: number;
      };
      pour(socket, transport, "x".repeat(sizeBytes), count);
    });
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

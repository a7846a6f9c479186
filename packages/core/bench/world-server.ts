import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { createGuilds, createMessages, type WorldSize } from "./world.ts";

const size: WorldSize = { guilds: 100, membersPerGuild: 50, channelsPerGuild: 20, rolesPerGuild: 15 };
const user = { id: "1", username: "bot", discriminator: "0", global_name: null, avatar: null, bot: true };
const limit = { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 };
// No heartbeat during a burst.
const HELLO = '{"op":10,"d":{"heartbeat_interval":2000000}}';
/** The client takes its CPU time when it reads that the burst is to come; no message may have cost it anything by then. */
const BURST_DELAY_MS = 100;
const WRITE_AHEAD_BYTES = 4 * 1024 * 1024;
const FRAMES_PER_WRITE = 500;

/** Sends many frames in each write, so that the reader, not the writer, is what takes its time. */
function pour(socket: WebSocket, transport: { cork(): void; uncork(): void }, frames: readonly string[]): void {
  let next = 0;
  const write = () => {
    if (socket.bufferedAmount < WRITE_AHEAD_BYTES) {
      transport.cork();
      for (const end = Math.min(next + FRAMES_PER_WRITE, frames.length); next < end; next++)
        socket.send(frames[next] ?? "");
      transport.uncork();
    }
    if (next < frames.length && socket.readyState === socket.OPEN) setImmediate(write);
  };
  write();
}

/**
 * Starts a gateway, and its API, with a world of 100 guilds in which so many messages are written soon after `GET /burst` asked for
 * them. It does not keep the process alive; gives its URL.
 */
export async function startWorldServer(count: number): Promise<string> {
  let sequence = 1;
  const frame = (type: string, data: string) => `{"t":"${type}","s":${++sequence},"op":0,"d":${data}}`;
  const guilds = Array.from(createGuilds(size));
  const guildFrames = guilds.map((data) => frame("GUILD_CREATE", data));
  const messageFrames = Array.from(createMessages(size, count), (data) => frame("MESSAGE_CREATE", data));
  const bursts = new Set<() => void>();
  const server = createServer((request, response) => {
    const isAddress = request.url?.endsWith("/gateway/bot") === true;
    const answer = isAddress ? { url: url.replace("http", "ws"), shards: 1, session_start_limit: limit } : user;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    if (request.url !== "/burst") return;
    setTimeout(() => {
      for (const burst of bursts) burst();
      bursts.clear();
    }, BURST_DELAY_MS);
  }).listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stubs = guilds.map((guild) => ({ id: (JSON.parse(guild) as { readonly id: string }).id, unavailable: true }));
  const session = { session_id: "a", resume_gateway_url: url.replace("http", "ws") };
  const login = { v: 10, user, guilds: stubs, application: { id: "1", flags: 0 }, ...session };
  new WebSocketServer({ server }).on("connection", (socket, { socket: transport }) => {
    socket.on("error", () => {}); // The client hangs up.
    socket.on("message", (data: Buffer) => {
      if ((JSON.parse(data.toString()) as { readonly op: number }).op !== 2) return;
      socket.send(JSON.stringify({ t: "READY", s: 1, op: 0, d: login }));
      for (const guild of guildFrames) socket.send(guild);
      bursts.add(() => pour(socket, transport, messageFrames));
    });
    socket.send(HELLO);
  });
  server.unref();
  return url;
}

import type { AddressInfo } from "node:net";
import { constants, createDeflate, createZstdCompress } from "node:zlib";
import { createSeededRandom } from "@antiphon/std";
import { WebSocketServer, type WebSocket } from "ws";

/** The size of one event's JSON; that of a message with a member in a guild. */
const EVENT_BYTES = 1_024;

/** MESSAGE_CREATE frames most of whose text is random words: less repetitive than any guild's talk. */
export function createMessages(count: number): string[] {
  const random = createSeededRandom(1);
  const word = () => random.integer(36 ** 3, 36 ** 4 - 1).toString(36);
  return Array.from({ length: count }, (_, index) => {
    const id = String(1_400_000_000_000_000_000n + BigInt(index));
    const author = {
      id: String(1_300_000_000_000_000_000n + BigInt(random.integer(0, 5_000))),
      username: word(),
      bot: false,
    };
    const frame = (content: string) =>
      JSON.stringify({
        t: "MESSAGE_CREATE",
        s: index + 2,
        op: 0,
        d: { id, channel_id: "1300000000000000000", author, type: 0, mentions: [], embeds: [], content },
      });
    const words = Array.from({ length: (EVENT_BYTES - frame("").length) / 5 }, word);
    return frame(words.join(" "));
  });
}

/** Compresses messages as a gateway does: one context, one flush each. */
async function compressAll(messages: readonly string[], compression: string | null): Promise<(Buffer | string)[]> {
  if (compression === null) return [...messages];
  const isZlib = compression === "zlib-stream";
  const stream = isZlib ? createDeflate() : createZstdCompress();
  const compressed: Buffer[] = [];
  let parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  for (const message of messages) {
    stream.write(message);
    await new Promise<void>((resolve) => {
      stream.flush(isZlib ? constants.Z_SYNC_FLUSH : constants.ZSTD_e_flush, resolve);
    });
    compressed.push(Buffer.concat(parts));
    parts = [];
  }
  stream.destroy();
  return compressed;
}

/** A gateway that logs anybody in and then sends a burst of messages as fast as the socket takes them. */
export interface BurstServer {
  readonly url: string;
  close(): void;
}

const WRITE_AHEAD_BYTES = 1024 * 1024;

/** Sends the frames, as many at a time as the socket takes. */
function send(socket: WebSocket, frames: readonly (Buffer | string)[]): void {
  let next = 0;
  const write = () => {
    while (next < frames.length && socket.bufferedAmount < WRITE_AHEAD_BYTES) socket.send(frames[next++] as Buffer);
    if (next < frames.length) setImmediate(write);
  };
  write();
}

/** Starts a {@link BurstServer} whose frames, from the READY on, are prepared before it resolves. */
export async function startBurstServer(compression: string | null, events: readonly string[]): Promise<BurstServer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hello = '{"op":10,"d":{"heartbeat_interval":41250}}';
  const user = { id: "1", username: "bot", discriminator: "0", global_name: null, avatar: null, bot: true };
  const login = {
    v: 10,
    user,
    guilds: [],
    application: { id: "1", flags: 0 },
    session_id: "abc",
    resume_gateway_url: url,
  };
  const ready = JSON.stringify({ t: "READY", s: 1, op: 0, d: login });
  const frames = await compressAll([hello, ready, ...events], compression);
  server.on("connection", (socket) => {
    socket.send(frames[0] as Buffer);
    socket.on("message", (data: Buffer) => {
      if (data.toString().startsWith('{"op":2')) send(socket, frames.slice(1));
    });
  });
  return {
    url,
    close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

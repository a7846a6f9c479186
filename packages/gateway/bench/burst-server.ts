import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { constants, createDeflate, createZstdCompress } from "node:zlib";
import { WebSocketServer, type WebSocket } from "ws";
import { createGuildFrame, createMessageFrames, type CorpusKind } from "./corpus.ts";

/** How a server compresses. */
export type Compression = "none" | "zlib-stream" | "zstd-stream";

type Frames = readonly (Buffer | string)[];

// No heartbeat during a burst: its answer would be one more frame in the compressed stream, which is prepared.
const HELLO = '{"op":10,"d":{"heartbeat_interval":2000000}}';
/** One of the peers loses a HELLO that comes with the answer to its upgrade. */
const HELLO_DELAY_MS = 100;
/** The client takes its CPU time when it reads that the burst is to come; no message may have cost it anything by then. */
const BURST_DELAY_MS = 100;
const WRITE_AHEAD_BYTES = 4 * 1024 * 1024;
const FRAMES_PER_WRITE = 500;
/** HELLO, READY and the guild. */
const PREAMBLE = 3;
const user = { id: "1", username: "bot", discriminator: "0", global_name: null, avatar: null, bot: true };

/** Compresses frames as a gateway does: one context, one flush each. */
async function compressAll(frames: readonly string[], compression: Compression): Promise<Frames> {
  if (compression === "none") return frames;
  const isZlib = compression === "zlib-stream";
  const stream = isZlib ? createDeflate() : createZstdCompress();
  const compressed: Buffer[] = [];
  let parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  for (const frame of frames) {
    stream.write(frame);
    await new Promise<void>((resolve) => {
      stream.flush(isZlib ? constants.Z_SYNC_FLUSH : constants.ZSTD_e_flush, resolve);
    });
    compressed.push(Buffer.concat(parts));
    parts = [];
  }
  stream.destroy();
  return compressed;
}

/** Everything that is sent on a connection, in its order. */
function prepare(kind: CorpusKind, compression: Compression, count: number, url: string): Promise<Frames> {
  const guilds = [{ id: "1300000000000000000", unavailable: true }];
  const application = { id: "1", flags: 0 };
  const gateway = url.replace("http", "ws");
  const own = { v: 10, user, guilds, application, session_id: "abc", resume_gateway_url: gateway };
  // Of no use to a bot, but there.
  const login = { ...own, private_channels: [], relationships: [], presences: [], user_settings: {} };
  const ready = JSON.stringify({ t: "READY", s: 1, op: 0, d: login });
  return compressAll([HELLO, ready, createGuildFrame(), ...createMessageFrames(kind, count)], compression);
}

/** Sends many frames in each write, so that the reader, not the writer, is what takes its time. */
function pour(socket: WebSocket, transport: { cork(): void; uncork(): void }, frames: Frames): void {
  let next = PREAMBLE;
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

const limit = { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 };

function answer(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** Starts a burst server, which does not keep the process alive; gives its URL once what it sends is prepared. */
async function startBurstServer(kind: CorpusKind, compression: Compression, count: number): Promise<string> {
  const bursts = new Set<() => void>();
  const server = createServer((request, response) => {
    if (request.url === "/burst") {
      answer(response, {});
      setTimeout(() => {
        for (const burst of bursts) burst();
        bursts.clear();
      }, BURST_DELAY_MS);
    } else if (request.url?.endsWith("/gateway/bot") === true) {
      answer(response, { url: url.replace("http", "ws"), shards: 1, session_start_limit: limit });
    } else answer(response, user);
  }).listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const frames = await prepare(kind, compression, count, url);
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket, { socket: transport }) => {
    const greeted = new Promise<void>((resolve) => setTimeout(resolve, HELLO_DELAY_MS)).then(() =>
      socket.send(frames[0] ?? ""),
    );
    socket.on("error", () => {}); // The client hangs up.
    socket.on("message", (data: Buffer) => {
      if ((JSON.parse(data.toString()) as { readonly op: number }).op !== 2) return;
      void greeted.then(() => {
        for (const frame of frames.slice(1, PREAMBLE)) socket.send(frame);
        bursts.add(() => pour(socket, transport, frames));
      });
    });
  });
  server.unref();
  return url;
}

const running = new Map<string, Promise<string>>();

/**
 * The URL of a gateway that logs anybody in and, when asked to with `GET /burst`, sends so many messages as fast as the socket takes
 * them; its API is there, too. There is one for each burst, for all who want it.
 */
export function burstServer(kind: CorpusKind, compression: Compression, count: number): Promise<string> {
  const key = `${kind} ${compression} ${count}`;
  const url = running.get(key) ?? startBurstServer(kind, compression, count);
  running.set(key, url);
  return url;
}

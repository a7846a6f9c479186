import type { IncomingMessage } from "node:http";
import { GatewayOpcode } from "@antiphon/protocol/discord";
import type { Timer } from "@antiphon/std";
import type { RawData, WebSocket } from "ws";
import { handleCommand } from "./command-handlers.ts";
import { createFrameEncoder, type TransportCompression } from "./frame-encoder.ts";
import type { GatewayHub } from "./hub.ts";
import { identify, resume } from "./login.ts";
import type { GatewaySession, SessionLink } from "./session.ts";

/** The most bytes of a frame that a client sends, and the most frames in a minute. @see [Discord Docs/Gateway#Rate Limiting] */
const FRAME_BYTES = 4096;
const FRAMES_PER_WINDOW = 120;
const FRAME_WINDOW_MS = 60_000;
/** How many heartbeat intervals a client may stay silent. */
const SILENT_INTERVALS = 1.5;

/** A decoded frame of a client. */
export interface ClientFrame {
  readonly op: number;
  readonly d: unknown;
}

/** One WebSocket connection, from HELLO on. */
export interface GatewayConnection extends SessionLink {
  readonly id: number;
  /** Takes up a session; its frames go out here from now on. */
  attach(session: GatewaySession): void;
  /** Sends a frame that is not a dispatch. */
  sendOp(op: number, data: unknown): void;
}

/** What the client wants of the connection, by its address. */
function readQuery(request: IncomingMessage): { readonly compression: TransportCompression; readonly closeCode: number | undefined } {
  const query = new URL(request.url ?? "/", "http://simulator").searchParams;
  const compress = query.get("compress") ?? "none";
  const isKnown = compress === "none" || compress === "zlib-stream" || compress === "zstd-stream";
  const isVersionKnown = ["9", "10"].includes(query.get("v") ?? "");
  const isJson = (query.get("encoding") ?? "json") === "json";
  const closeCode = isVersionKnown ? (isKnown && isJson ? undefined : 4002) : 4012;
  return { compression: isKnown ? compress : "none", closeCode };
}

/** Serves one connection until it closes. */
export function serveConnection(hub: GatewayHub, socket: WebSocket, request: IncomingMessage, id: number): GatewayConnection {
  const { transcript, options, state } = hub;
  const { compression, closeCode } = readQuery(request);
  const encoder = createFrameEncoder(compression, options.splitCompressedAtBytes);
  const early: string[] = [];
  const frameTimes: number[] = [];
  let isGreeted = false;
  let isClosing = false;
  let isSilent = false;
  let session: GatewaySession | undefined;
  let watchdog: Timer | undefined;

  const send = (text: string) => {
    if (isClosing || isSilent) return;
    transcript.add({ type: "send", connectionId: id, text });
    encoder.encode(text, (frame) => socket.send(frame));
  };
  const leave = () => {
    const left = session;
    session = undefined;
    // A client that came back on another connection has taken the session along.
    if (left?.link !== connection) return undefined;
    left.link = undefined;
    return left;
  };
  const stop = (code: number) => {
    if (isClosing) return false;
    isClosing = true;
    watchdog?.cancel();
    transcript.add({ type: "close", connectionId: id, code, by: "server" });
    const left = leave();
    if (left !== undefined) hub.sessionLeft(left, { isOver: code === 4009 });
    return true;
  };
  const connection: GatewayConnection = {
    id,
    send,
    sendOp: (op, data) => send(JSON.stringify({ t: null, s: null, op, d: data })),
    close(code) {
      if (stop(code)) encoder.drain(() => socket.close(code));
    },
    cut() {
      if (stop(1006)) socket.terminate();
    },
    attach(next) {
      const previous = next.link;
      session = next;
      next.link = connection;
      previous?.close(4000);
    },
    release: () => void leave(),
    fallSilent() {
      isSilent = true;
    },
  };

  const watch = () => {
    watchdog?.cancel();
    const delayMs = options.heartbeatIntervalMs * SILENT_INTERVALS;
    watchdog = state.clock.setTimer(delayMs, () => connection.close(4009), { keepAlive: false });
  };
  const isTooFast = () => {
    const nowMs = state.clock.now();
    while ((frameTimes[0] ?? nowMs) <= nowMs - FRAME_WINDOW_MS) frameTimes.shift();
    frameTimes.push(nowMs);
    return frameTimes.length > FRAMES_PER_WINDOW;
  };
  const receive = (text: string) => {
    transcript.add({ type: "receive", connectionId: id, text });
    if (isTooFast()) return connection.close(4008);
    const frame = decodeFrame(text);
    if (frame === undefined) return connection.close(4002);
    if (frame.op === GatewayOpcode.Heartbeat) {
      watch();
      return connection.sendOp(GatewayOpcode.HeartbeatAck, null);
    }
    if (frame.op === GatewayOpcode.Identify || frame.op === GatewayOpcode.Resume) {
      if (session !== undefined) return connection.close(4005);
      return frame.op === GatewayOpcode.Identify ? identify(hub, connection, frame.d) : resume(hub, connection, frame.d);
    }
    const outcome = handleCommand(hub, session, frame);
    if (outcome !== undefined) connection.close(outcome);
  };
  const greet = () => {
    isGreeted = true;
    connection.sendOp(GatewayOpcode.Hello, { heartbeat_interval: options.heartbeatIntervalMs, _trace: [] });
    watch();
    // Some clients identify before HELLO; their frames wait until it went out.
    for (const text of early.splice(0)) receive(text);
  };

  transcript.add({ type: "open", connectionId: id, path: request.url ?? "/" });
  socket.on("message", (data: RawData, isBinary: boolean) => {
    if (isClosing) return;
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    if (isBinary || bytes.byteLength > FRAME_BYTES) return connection.close(4002);
    if (isGreeted) receive(bytes.toString("utf8"));
    else if (early.length < FRAMES_PER_WINDOW) early.push(bytes.toString("utf8"));
  });
  socket.on("close", (code: number) => {
    watchdog?.cancel();
    encoder.close();
    hub.connections.delete(connection);
    if (isClosing) return;
    isClosing = true;
    transcript.add({ type: "close", connectionId: id, code, by: "client" });
    const left = leave();
    if (left !== undefined) hub.sessionLeft(left, { isOver: code === 1000 || code === 1001 });
  });
  socket.on("error", () => {}); // A broken socket also closes, which is handled above.
  if (closeCode !== undefined) connection.close(closeCode);
  else if (options.helloDelayMs === 0) greet();
  else watchdog = state.clock.setTimer(options.helloDelayMs, greet, { keepAlive: false });
  return connection;
}

function decodeFrame(text: string): ClientFrame | undefined {
  try {
    const frame = JSON.parse(text) as Partial<ClientFrame> | null;
    return typeof frame?.op === "number" ? { op: frame.op, d: frame.d } : undefined;
  } catch {
    return undefined; // Whatever is not JSON is closed with 4002 by the caller.
  }
}

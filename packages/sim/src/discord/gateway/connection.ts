import type { IncomingMessage } from "node:http";
import { GatewayOpcode } from "@antiphon/protocol/discord";
import type { Timer } from "@antiphon/std";
import type { RawData, WebSocket } from "ws";
import { createDelayLine, type DelayLine } from "../latency.ts";
import { decodeFrame } from "./client-frame.ts";
import { handleCommand } from "./command-handlers.ts";
import { createFrameBudget } from "./frame-budget.ts";
import { createFrameEncoder, type FrameEncoder, type TransportCompression } from "./frame-encoder.ts";
import type { GatewayHub } from "./hub.ts";
import { identify, resume, type LoginConnection } from "./login.ts";
import type { GatewaySession } from "./session.ts";

/** The most bytes of a frame that a client sends. @see [Discord Docs/Gateway#Sending Events] */
const FRAME_BYTES = 4096;
/** How many frames wait for HELLO. */
const EARLY_FRAMES = 120;
/** How many heartbeat intervals a client may stay silent. */
const SILENT_INTERVALS = 1.5;

/** What the client wants of the connection, by its address. */
function readQuery(request: IncomingMessage): {
  readonly compression: TransportCompression;
  readonly closeCode: number | undefined;
} {
  const query = new URL(request.url ?? "/", "http://simulator").searchParams;
  const compress = query.get("compress") ?? "none";
  const isKnown = compress === "none" || compress === "zlib-stream" || compress === "zstd-stream";
  const compression = isKnown ? compress : "none";
  if (!["9", "10"].includes(query.get("v") ?? "")) return { compression, closeCode: 4012 };
  const isJson = (query.get("encoding") ?? "json") === "json";
  return { compression, closeCode: isKnown && isJson ? undefined : 4002 };
}

/** One WebSocket connection, from HELLO to its end. */
export class GatewayConnection implements LoginConnection {
  readonly #hub: GatewayHub;
  readonly #socket: WebSocket;
  readonly #id: number;
  readonly #encoder: FrameEncoder;
  readonly #line: DelayLine;
  readonly #isWithinBudget: () => boolean;
  /** Frames that came before HELLO went out; undefined afterwards. */
  #early: string[] | undefined = [];
  #isClosing = false;
  #isSilent = false;
  #session: GatewaySession | undefined;
  #timer: Timer | undefined;

  constructor(hub: GatewayHub, socket: WebSocket, request: IncomingMessage, id: number) {
    const { compression, closeCode } = readQuery(request);
    this.#hub = hub;
    this.#socket = socket;
    this.#id = id;
    this.#encoder = createFrameEncoder(compression, hub.options.splitCompressedAtBytes);
    this.#line = createDelayLine(hub.state.clock);
    this.#isWithinBudget = createFrameBudget(hub.state.clock);
    hub.transcript.add({ type: "open", connectionId: id, path: request.url ?? "/" });
    socket.on("message", (data: RawData, isBinary: boolean) => this.#onMessage(data, isBinary));
    socket.on("close", (code: number) => this.#onClose(code));
    socket.on("error", () => {}); // A broken socket also closes, which is handled above.
    const { helloDelayMs } = hub.options;
    if (closeCode !== undefined) this.close(closeCode);
    else if (helloDelayMs === 0) this.#greet();
    else this.#timer = hub.state.clock.setTimer(helloDelayMs, () => this.#greet(), { keepAlive: false });
  }

  send(text: string): void {
    if (this.#isClosing || this.#isSilent) return;
    this.#hub.transcript.add({ type: "send", connectionId: this.#id, text });
    this.#encoder.encode(text, (frame) => this.#later(() => this.#socket.send(frame)));
  }

  /** Sends a frame that is not a dispatch. */
  sendOp(op: number, data: unknown): void {
    this.send(JSON.stringify({ t: null, s: null, op, d: data }));
  }

  close(code: number): void {
    if (this.#stop(code)) void this.#encoder.drain().then(() => this.#later(() => this.#socket.close(code)));
  }

  cut(): void {
    if (this.#stop(1006)) this.#socket.terminate();
  }

  #later(deliver: () => void): void {
    this.#line.push(this.#hub.options.nextLatencyMs(), deliver);
  }

  fallSilent(): void {
    this.#isSilent = true;
  }

  release(): void {
    this.#leave();
  }

  /** Takes up a session; its frames go out here from now on. */
  attach(session: GatewaySession): void {
    const previous = session.link;
    this.#session = session;
    session.link = this;
    previous?.close(4000);
  }

  #greet(): void {
    const { heartbeatIntervalMs } = this.#hub.options;
    this.sendOp(GatewayOpcode.Hello, { heartbeat_interval: heartbeatIntervalMs, _trace: [] });
    this.#watch();
    // Some clients identify before HELLO; their frames wait until it went out.
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const text of early) this.#receive(text);
  }

  /** Closes a client that falls silent. */
  #watch(): void {
    this.#timer?.cancel();
    const delayMs = this.#hub.options.heartbeatIntervalMs * SILENT_INTERVALS;
    this.#timer = this.#hub.state.clock.setTimer(delayMs, () => this.close(4009), { keepAlive: false });
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#isClosing) return;
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    if (isBinary || bytes.byteLength > FRAME_BYTES) return this.close(4002);
    const text = bytes.toString("utf8");
    if (this.#early === undefined) this.#receive(text);
    else if (this.#early.length < EARLY_FRAMES) this.#early.push(text);
    else this.close(4008);
  }

  #receive(text: string): void {
    if (this.#isClosing) return;
    this.#hub.transcript.add({ type: "receive", connectionId: this.#id, text });
    if (!this.#isWithinBudget()) return this.close(4008);
    const frame = decodeFrame(text);
    if (frame === undefined) return this.close(4002);
    if (frame.op === GatewayOpcode.Heartbeat) {
      this.#watch();
      return this.sendOp(GatewayOpcode.HeartbeatAck, null);
    }
    if (frame.op === GatewayOpcode.Identify || frame.op === GatewayOpcode.Resume) {
      if (this.#session !== undefined) return this.close(4005);
      const login = frame.op === GatewayOpcode.Identify ? identify : resume;
      return login(this.#hub, this, frame.d);
    }
    const closeCode = handleCommand(this.#hub, this.#session, frame);
    if (closeCode !== undefined) this.close(closeCode);
  }

  /** Leaves the session, and gives it unless its client has come back on another connection. */
  #leave(): GatewaySession | undefined {
    const left = this.#session;
    this.#session = undefined;
    if (left?.link !== this) return undefined;
    left.link = undefined;
    return left;
  }

  #stop(code: number): boolean {
    if (this.#isClosing) return false;
    this.#end(code, "server", code === 4009);
    return true;
  }

  #onClose(code: number): void {
    this.#encoder.close();
    this.#line.clear();
    this.#hub.connections.delete(this);
    // By 1000 and 1001 a client says goodbye for good.
    if (!this.#isClosing) this.#end(code, "client", code === 1000 || code === 1001);
  }

  #end(code: number, by: "client" | "server", isSessionOver: boolean): void {
    this.#isClosing = true;
    this.#timer?.cancel();
    this.#hub.transcript.add({ type: "close", connectionId: this.#id, code, by });
    const left = this.#leave();
    if (left !== undefined) this.#hub.sessionLeft(left, { isOver: isSessionOver });
  }
}

import { connect, isIP, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { systemClock } from "@antiphon/std";
import type { GatewaySocketHandlers, PausableSocket } from "../gateway-socket.ts";
import { encodeFrame } from "./encode-frame.ts";
import { createFrameReader, FrameOpcode } from "./frame-reader.ts";
import { createHandshake, type Handshake } from "./handshake.ts";

const HANDSHAKE_TIMEOUT_MS = 20_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** How much is read at once. */
const READ_BYTES = 64 * 1024;
/** Messages of large guilds reach a few megabytes; more than this is not a gateway. */
const MAXIMUM_MESSAGE_BYTES = 64 * 1024 * 1024;
const NO_CLOSE_FRAME = 1006;
const NO_CLOSE_CODE = 1005;

/** Connects by TCP, or TLS; everything is read into one buffer that is used again and again. */
function dial(url: URL, onData: (data: Buffer) => void): Socket {
  const isSecure = url.protocol === "wss:";
  if (!isSecure && url.protocol !== "ws:") throw new TypeError(`openWebSocket: ${url.href} is not ws: or wss:`);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(url.port) || (isSecure ? 443 : 80);
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const callback = (sizeBytes: number) => {
    onData(buffer.subarray(0, sizeBytes));
    return true;
  };
  const options = { host, port, noDelay: true, onread: { buffer, callback } };
  if (!isSecure) return connect(options);
  return connectSecurely({
    ...options,
    ALPNProtocols: ["http/1.1"],
    ...(isIP(host) === 0 && { servername: host }),
  });
}

/** What follows the server's answer; undefined while that is not complete, or is a refusal. */
function receive(handshake: Handshake, data: Buffer, onRefused: (problem: string) => void): Buffer | undefined {
  try {
    return handshake.receive(data);
  } catch (error) {
    onRefused((error as Error).message);
    return undefined;
  }
}

/** What a close frame says. */
function readClose(payload: Buffer): { readonly code: number; readonly reason: string | undefined } {
  const code = payload.length >= 2 ? payload.readUInt16BE(0) : NO_CLOSE_CODE;
  return { code, reason: payload.toString("utf8", 2) || undefined };
}

/**
 * Opens a WebSocket as a gateway needs it: no extensions, messages as they lie in the buffer that the network was read into. It costs
 * about half of what a general client costs per message.
 */
export function openWebSocket(address: string, { onMessage, onClosed }: GatewaySocketHandlers): PausableSocket {
  const url = new URL(address);
  const handshake = createHandshake(url);
  let phase: "opening" | "open" | "closing" = "opening";
  let closeCode = NO_CLOSE_FRAME;
  let problem: string | undefined;

  const fail = (text: string) => {
    problem ??= text;
    socket.destroy();
  };
  const startClosing = (payload: Uint8Array) => {
    if (phase !== "open") return;
    phase = "closing";
    socket.write(encodeFrame(FrameOpcode.Close, payload));
    deadline = systemClock.setTimer(CLOSE_TIMEOUT_MS, () => socket.destroy());
  };
  const closeWith = (code: number) => startClosing(Uint8Array.of(code >> 8, code & 0xff));
  const reader = createFrameReader(MAXIMUM_MESSAGE_BYTES, {
    onMessage,
    onControl(opcode, payload) {
      if (opcode === FrameOpcode.Ping && phase === "open") socket.write(encodeFrame(FrameOpcode.Pong, payload));
      if (opcode !== FrameOpcode.Close) return;
      const { code, reason } = readClose(payload);
      closeCode = code;
      problem ??= reason;
      startClosing(payload.subarray(0, 2));
    },
    onViolation(code, text) {
      closeWith(code);
      fail(text);
    },
  });
  const finishHandshake = (data: Buffer) => {
    const rest = receive(handshake, data, fail);
    if (rest === undefined) return;
    phase = "open";
    deadline.cancel();
    reader.read(rest);
  };

  const socket = dial(url, (data) => (phase === "opening" ? finishHandshake(data) : reader.read(data)));
  let deadline = systemClock.setTimer(HANDSHAKE_TIMEOUT_MS, () => fail("the handshake took too long"));
  socket.once(url.protocol === "wss:" ? "secureConnect" : "connect", () => socket.write(handshake.request));
  // The other side says nothing more, so nothing that is still to be sent has a reader.
  socket.on("end", () => socket.destroy());
  socket.on("error", (error) => (problem ??= error.message));
  socket.on("close", () => {
    deadline.cancel();
    onClosed(closeCode, problem);
  });
  return {
    send(text) {
      if (phase === "open") socket.write(encodeFrame(FrameOpcode.Text, Buffer.from(text)));
    },
    close: (code) => (phase === "opening" ? socket.destroy() : closeWith(code)),
    abort: () => socket.destroy(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}

import type { Socket } from "node:net";
import { describeError, systemClock, type Clock, type Timer } from "@antiphon/std";
import { encodeClosePayload, readClosePayload } from "./close-payload.ts";
import { dial, parseAddress } from "./dial.ts";
import { encodeFrame } from "./encode-frame.ts";
import { createFrameReader, FrameOpcode, type FrameReader } from "./frame-reader.ts";
import { createHandshake, type Handshake } from "./handshake.ts";

/** What a WebSocket tells. A handler may not throw: nothing could be done about it here. */
export interface WebSocketHandlers {
  /** The handshake is done; what is sent from now on arrives. */
  readonly onOpen?: (() => void) | undefined;
  /** A whole message came. The Buffer is only valid during the call; text is not checked to be UTF-8. */
  readonly onMessage: (message: Buffer, isBinary: boolean) => void;
  /** The server answered a ping. */
  readonly onPong?: (() => void) | undefined;
}

/** Options of {@link openWebSocket}. */
export interface WebSocketOptions {
  /** Sent with the handshake, beside its own. Defaults to none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long connecting and the handshake may take together, in milliseconds. Defaults to 20,000. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** The longest message, in bytes; a longer one ends the connection. Defaults to 64 MiB. */
  readonly maximumMessageBytes?: number | undefined;
  /** Measures the two timeouts. Defaults to the system's. */
  readonly clock?: Clock | undefined;
}

/** How a WebSocket ended. */
export interface WebSocketEnd {
  /** The server's close code; 1005 when its close frame has none, 1006 when there was no close frame. */
  readonly code: number;
  /** The reason in the close frame, or what went wrong. */
  readonly problem: string | undefined;
  /** The HTTP status with which the server refused the handshake. */
  readonly refusedStatus: number | undefined;
}

/** The client's end of a WebSocket. */
export interface WebSocketConnection extends AsyncDisposable {
  /** Whether something can be sent. */
  readonly isOpen: boolean;
  /** Resolves once the connection is gone, or could not be made. */
  readonly closed: Promise<WebSocketEnd>;
  /** Sends a text, or bytes; does nothing while the socket is not open. Over 16 MiB that the network has not taken end the connection. */
  send(message: string | Uint8Array): void;
  /** Asks the server for a pong; does nothing while the socket is not open. */
  ping(): void;
  /** Starts the closing handshake with 1000, or a code from 3000 to 4999; a server that does not answer is cut off after 5 s. */
  close(code?: number): void;
  /** Cuts the connection at once; no further message is handed on. */
  abort(): void;
  /** Stops to read; up to 64 KiB that are read already are still handed on. */
  pause(): void;
  /** Reads again. */
  resume(): void;
}

const CLOSE_TIMEOUT_MS = 5_000;
const MAXIMUM_MESSAGE_BYTES = 64 * 1024 * 1024;
const UNSENT_LIMIT_BYTES = 16 * 1024 * 1024;
const [NORMAL_CLOSURE, PROTOCOL_ERROR, NO_CLOSE_FRAME] = [1000, 1002, 1006];
const NO_PAYLOAD = new Uint8Array(0);

class LeanWebSocket implements WebSocketConnection {
  readonly closed: Promise<WebSocketEnd>;
  readonly #handlers: WebSocketHandlers;
  readonly #clock: Clock;
  readonly #handshake: Handshake;
  readonly #reader: FrameReader;
  readonly #socket: Socket;
  #phase: "opening" | "open" | "closing" = "opening";
  #deadline: Timer;
  #code = NO_CLOSE_FRAME;
  #problem: string | undefined;
  #refusedStatus: number | undefined;

  constructor(address: string, handlers: WebSocketHandlers, options: WebSocketOptions) {
    const { headers = {}, handshakeTimeoutMs = 20_000, maximumMessageBytes = MAXIMUM_MESSAGE_BYTES } = options;
    const url = parseAddress(address);
    this.#handlers = handlers;
    this.#clock = options.clock ?? systemClock;
    this.#handshake = createHandshake(url, headers);
    this.#reader = createFrameReader(maximumMessageBytes, {
      onMessage: handlers.onMessage,
      onControl: (opcode, payload) => this.#takeControl(opcode, payload),
      onViolation: (closeCode, problem) => this.#violate(closeCode, problem),
    });
    this.#socket = dial(url, {
      onConnected: () => void this.#socket.write(this.#handshake.request, "latin1"),
      onData: (data) => (this.#phase === "opening" ? this.#finishHandshake(data) : this.#reader.read(data)),
    });
    this.#deadline = this.#clock.setTimer(handshakeTimeoutMs, () => this.#fail("the handshake took too long"));
    this.closed = this.#whenClosed();
  }

  get isOpen(): boolean {
    return this.#phase === "open";
  }
  send(message: string | Uint8Array): void {
    if (typeof message === "string") this.#write(FrameOpcode.Text, Buffer.from(message));
    else this.#write(FrameOpcode.Binary, message);
  }
  ping(): void {
    this.#write(FrameOpcode.Ping, NO_PAYLOAD);
  }
  close(code = NORMAL_CLOSURE): void {
    if (this.#phase === "opening") this.abort();
    else this.#startClosing(encodeClosePayload(code));
  }
  abort(): void {
    this.#phase = "closing";
    this.#reader.stop();
    this.#socket.destroy();
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #whenClosed(): Promise<WebSocketEnd> {
    const socket = this.#socket;
    // The other side says nothing more, so nothing that is still to be sent has a reader.
    socket.on("end", () => socket.destroy());
    socket.on("error", (error) => (this.#problem ??= describeError(error)));
    return new Promise((resolve) => {
      socket.on("close", () => {
        this.#phase = "closing";
        this.#deadline.cancel();
        resolve({ code: this.#code, problem: this.#problem, refusedStatus: this.#refusedStatus });
      });
    });
  }
  #finishHandshake(data: Buffer): void {
    const answer = this.#handshake.receive(data);
    if (answer === undefined) return;
    if (!answer.isOpen) {
      this.#refusedStatus = answer.status;
      return this.#fail(answer.problem);
    }
    this.#phase = "open";
    this.#deadline.cancel();
    this.#handlers.onOpen?.();
    this.#reader.read(answer.rest);
  }
  #takeControl(opcode: number, payload: Buffer): void {
    if (opcode === FrameOpcode.Ping) return this.#write(FrameOpcode.Pong, payload);
    if (opcode === FrameOpcode.Pong) return this.#handlers.onPong?.();
    const close = readClosePayload(payload);
    if (close === undefined) return this.#violate(PROTOCOL_ERROR, "a close frame has a code that cannot be sent");
    this.#code = close.code;
    this.#problem ??= close.reason;
    this.#startClosing(payload.subarray(0, 2));
  }
  #write(opcode: number, payload: Uint8Array): void {
    if (this.#phase !== "open") return;
    this.#socket.write(encodeFrame(opcode, payload));
    if (this.#socket.writableLength > UNSENT_LIMIT_BYTES)
      this.#fail(`over ${UNSENT_LIMIT_BYTES} bytes wait to be sent, which the server does not take`);
  }
  #startClosing(payload: Uint8Array): void {
    if (this.#phase !== "open") return;
    this.#write(FrameOpcode.Close, payload);
    this.#phase = "closing";
    this.#deadline = this.#clock.setTimer(CLOSE_TIMEOUT_MS, () => this.abort());
    // A paused socket would never hear the answer.
    this.#socket.resume();
  }
  #violate(closeCode: number, problem: string): void {
    this.#startClosing(encodeClosePayload(closeCode));
    this.#fail(problem);
  }
  #fail(problem: string): void {
    this.#problem ??= problem;
    this.abort();
  }
}

/**
 * Opens a WebSocket that knows no extensions: messages are handed on as they lie in the buffer that the network was read into.
 *
 * @throws WebSocketError WEB_SOCKET_INVALID_URL, WEB_SOCKET_INVALID_HEADER
 * @see RFC 6455, "The WebSocket Protocol"
 */
export function openWebSocket(
  address: string,
  handlers: WebSocketHandlers,
  options: WebSocketOptions = {},
): WebSocketConnection {
  return new LeanWebSocket(address, handlers, options);
}

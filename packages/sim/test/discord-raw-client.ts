import { createBoundedQueue } from "@antiphon/std";
import { once } from "node:events";
import { WebSocket } from "ws";

/** A frame of the gateway. */
export interface Frame {
  readonly op: number;
  readonly t: string | null;
  readonly s: number | null;
  readonly d: never;
}

/** A gateway connection with no intelligence of its own: tests say each frame and await each answer. */
export interface RawClient {
  /** Sends a frame. */
  send(op: number, d: unknown): void;
  /** Sends anything. */
  sendText(text: string): void;
  /** The next frame that passes, dropping those before it. */
  next(filter?: (frame: Frame) => boolean): Promise<Frame>;
  /** The next dispatch of a type. */
  dispatch(type: string): Promise<Frame>;
  /** All frames that have arrived and were not taken. */
  rest(): Frame[];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  /** Resolves when the server has read everything sent so far. */
  flushed(): Promise<void>;
  close(code?: number): void;
  cut(): void;
}

/** Opens a connection; `decode` turns binary messages into text, or undefined while a payload is incomplete. */
export async function openRawClient(
  url: string,
  {
    query = "v=10&encoding=json",
    decode,
  }: { readonly query?: string; readonly decode?: (bytes: Buffer) => string | undefined } = {},
): Promise<RawClient> {
  const socket = new WebSocket(`${url}/?${query}`);
  const frames = createBoundedQueue<Frame>({ limit: 10_000 });
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    const text = isBinary ? decode?.(data) : data.toString("utf8");
    if (text !== undefined) frames.push(JSON.parse(text) as Frame);
  });
  socket.on("close", (code: number) => {
    frames.close();
    resolve(code);
  });
  const client: RawClient = {
    send: (op, d) => socket.send(JSON.stringify({ op, d })),
    sendText: (text) => socket.send(text),
    async next(filter = () => true) {
      for (let frame = await frames.take(); frame !== undefined; frame = await frames.take())
        if (filter(frame)) return frame;
      throw new Error(`the connection closed with ${await closed} before the frame came`);
    },
    dispatch: (type) => client.next(({ t }) => t === type),
    rest: () => Array.from({ length: frames.size }, () => frames.poll() as Frame),
    closed,
    async flushed() {
      socket.ping();
      await once(socket, "pong");
    },
    close: (code) => socket.close(code),
    cut: () => socket.terminate(),
  };
  await once(socket, "open");
  return client;
}

/** What IDENTIFY says, at the least. */
export function identifyData(token: string, intents: number, more: object = {}): object {
  return { token, intents, properties: { os: "linux", browser: "test", device: "test" }, ...more };
}

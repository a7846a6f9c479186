import { systemClock, type Clock, type Timer } from "@antiphon/std";
import { openWebSocket, type WebSocketEnd } from "@antiphon/web-socket";
import { createReadPacer } from "./read-pacer.ts";

/** What a {@link NodeSocket} is opened with. */
export interface NodeSocketOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly handshakeTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  /** Takes a frame, which is valid during the call; gives whether it was one of which there are many and which can wait. */
  readonly onFrame: (frame: Buffer) => boolean;
}

/** The socket of a node, which is cut when its other end is gone without a word. */
export interface NodeSocket {
  /** Resolves once it is gone. */
  readonly closed: Promise<WebSocketEnd>;
  /** Resolves with whether it answers a ping; one that does not is cut. */
  answersPing(): Promise<boolean>;
  abort(): void;
}

const MAXIMUM_FRAME_BYTES = 16 * 1024 * 1024;
const ANSWER_TIMEOUT_MS = 2_000;

/** Opens a {@link NodeSocket}; throws a WebSocketError WEB_SOCKET_INVALID_HEADER. */
export function openNodeSocket(options: NodeSocketOptions): NodeSocket {
  const { url, headers, handshakeTimeoutMs, heartbeatMs, clock, onFrame } = options;
  /** Those who wait for a pong. */
  const waiting = new Set<(isAlive: boolean) => void>();
  let heardSince = true;
  const socket = openWebSocket(
    url,
    {
      onMessage(frame, isBinary) {
        heardSince = true;
        // Lavalink sends no binary frames.
        if (!isBinary && onFrame(frame)) pacer.frameRead();
      },
      onPong() {
        heardSince = true;
        for (const settle of waiting) settle(true);
      },
    },
    { headers, handshakeTimeoutMs, maximumMessageBytes: MAXIMUM_FRAME_BYTES },
  );
  // The kernel's time is the machine's, whichever clock the client was given.
  const pacer = createReadPacer({ socket, clock: systemClock });
  /** Two intervals in which nothing came, pongs included, are the end. */
  const beat = () => {
    if (!heardSince) return socket.abort();
    heardSince = false;
    socket.ping();
    heartbeat = clock.setTimer(heartbeatMs, beat, { keepAlive: false });
  };
  let heartbeat: Timer = clock.setTimer(heartbeatMs, beat, { keepAlive: false });
  const closed = socket.closed.then((end) => {
    heartbeat.cancel();
    pacer.stop();
    for (const settle of waiting) settle(false);
    return end;
  });

  return {
    closed,
    abort: () => socket.abort(),
    async answersPing() {
      if (!socket.isOpen) return false;
      const { promise: isAlive, resolve } = Promise.withResolvers<boolean>();
      waiting.add(resolve);
      const timer = clock.setTimer(ANSWER_TIMEOUT_MS, () => socket.abort());
      socket.ping();
      try {
        return await isAlive;
      } finally {
        timer.cancel();
        waiting.delete(resolve);
      }
    },
  };
}

import { abortReason, type Clock, type Timer } from "@antiphon/std";
import { GatewayError } from "./gateway-error.ts";

/** Commands of one shard on their way out, no faster than Discord allows. */
export interface SendQueue {
  /** Resolves when the text was handed to the socket. */
  push(text: string, signal: AbortSignal | undefined): Promise<void>;
  /** The shard is ready on a new connection, whose heartbeats take their share of the limit. */
  start(heartbeatIntervalMs: number): void;
  /** The connection is gone; what waits, waits for the next. */
  pause(): void;
  /** Rejects what waits and everything that follows. */
  close(error: GatewayError): void;
  /** How many commands wait. */
  readonly size: number;
}

/** Options of {@link createSendQueue}. */
export interface SendQueueOptions {
  readonly shardId: number;
  /** The most commands that wait at once. */
  readonly limit: number;
  readonly clock: Clock;
  readonly write: (text: string) => void;
}

interface WaitingCommand {
  readonly text: string;
  readonly sent: () => void;
  readonly failed: (reason: unknown) => void;
}

/** Discord allows 120 frames in 60 seconds; the second on top covers frames that travel at different speeds. */
const FRAMES_PER_WINDOW = 120;
const WINDOW_MS = 61_000;

/** Frames other than heartbeats and commands: identify or resume, and answers to the server's op 1. */
const RESERVED_FRAMES = 3;

/** Builds a {@link SendQueue}. */
export function createSendQueue({ shardId, limit, clock, write }: SendQueueOptions): SendQueue {
  const waiting: WaitingCommand[] = [];
  let sentAtMs: number[] = [];
  let budget = 0;
  let timer: Timer | undefined;
  let closed: GatewayError | undefined;

  const flush = () => {
    if (budget === 0) return;
    while (waiting.length > 0) {
      const nowMs = clock.monotonicMs();
      while (sentAtMs[0] !== undefined && sentAtMs[0] <= nowMs - WINDOW_MS) sentAtMs.shift();
      const oldestMs = sentAtMs[0];
      if (oldestMs !== undefined && sentAtMs.length >= budget) {
        timer ??= clock.setTimer(oldestMs + WINDOW_MS - nowMs, () => {
          timer = undefined;
          flush();
        });
        return;
      }
      const command = waiting.shift() as WaitingCommand;
      sentAtMs.push(nowMs);
      write(command.text);
      command.sent();
    }
  };
  const stopTimer = () => {
    timer?.cancel();
    timer = undefined;
  };

  return {
    push(text, signal) {
      if (closed !== undefined) return Promise.reject(closed);
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      if (waiting.length >= limit) {
        const message = `send: ${limit} commands already wait on shard ${shardId}; send less, or raise sendQueueLimit.`;
        return Promise.reject(
          new GatewayError("GATEWAY_SEND_QUEUE_FULL", message, { retryable: true, details: { shardId, limit } }),
        );
      }
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          waiting.splice(waiting.indexOf(command), 1);
          reject(abortReason(signal as AbortSignal));
        };
        const settle = (then: () => void) => {
          signal?.removeEventListener("abort", onAbort);
          then();
        };
        const command: WaitingCommand = {
          text,
          sent: () => settle(resolve),
          failed: (reason) => settle(() => reject(reason)),
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.push(command);
        flush();
      });
    },
    start(heartbeatIntervalMs) {
      sentAtMs = [];
      budget = Math.max(1, FRAMES_PER_WINDOW - RESERVED_FRAMES - Math.ceil(WINDOW_MS / heartbeatIntervalMs));
      flush();
    },
    pause() {
      budget = 0;
      stopTimer();
    },
    close(error) {
      closed = error;
      stopTimer();
      for (const command of waiting.splice(0)) command.failed(error);
    },
    get size() {
      return waiting.length;
    },
  };
}

import type { Clock, Timer } from "@antiphon/std";

/** Discord's limit of a message. */
const MAXIMUM_LENGTH = 2_000;

/** Options of {@link createLineBatcher}. */
export interface LineBatcherOptions {
  /** Sends one message of several lines. */
  readonly send: (content: string) => Promise<unknown>;
  readonly onFailure: (error: unknown) => void;
  readonly clock: Clock;
  /** How long the first line waits for more. Defaults to 1,000 ms. */
  readonly waitMs?: number;
  /** The most lines that wait; the oldest give way, and the next message says how many. Defaults to 200. */
  readonly limit?: number;
}

/** Puts lines together into messages, because a lively chat has more lines than Discord takes messages. */
export interface LineBatcher {
  add(line: string): void;
  /** Lines that gave way. */
  readonly dropped: number;
  /** Sends what waits, and then takes no more; idempotent. */
  close(): Promise<void>;
}

/** Builds a {@link LineBatcher}. */
export function createLineBatcher(options: LineBatcherOptions): LineBatcher {
  const { send, onFailure, clock, waitMs = 1_000, limit = 200 } = options;
  let waiting: string[] = [];
  let leftOut = 0;
  let dropped = 0;
  let timer: Timer | undefined;
  let sending: Promise<void> | undefined;
  let closed = false;

  const takeMessage = (): string => {
    const lines = leftOut === 0 ? [] : [`-# ${leftOut} lines left out`];
    leftOut = 0;
    let length = lines.join("").length;
    while (waiting.length > 0) {
      const line = (waiting[0] ?? "").slice(0, MAXIMUM_LENGTH - 100);
      if (length + line.length + lines.length > MAXIMUM_LENGTH) break;
      lines.push(line);
      length += line.length;
      waiting.shift();
    }
    return lines.join("\n");
  };
  const sendAll = async () => {
    while (waiting.length > 0) {
      // One at a time: while Discord's limit holds one back, the next lines gather.
      await send(takeMessage()).catch(onFailure);
    }
    sending = undefined;
  };
  const flush = () => {
    timer?.cancel();
    timer = undefined;
    return (sending ??= sendAll());
  };
  return {
    add(line) {
      if (closed) return;
      waiting.push(line);
      if (waiting.length > limit) {
        const excess = waiting.length - limit;
        waiting = waiting.slice(excess);
        leftOut += excess;
        dropped += excess;
      }
      if (sending === undefined) timer ??= clock.setTimer(waitMs, () => void flush());
    },
    get dropped() {
      return dropped;
    },
    async close() {
      closed = true;
      await flush();
    },
  };
}

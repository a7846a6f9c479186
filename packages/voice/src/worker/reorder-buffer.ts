/** Puts the packets of one stream back into order. */
export interface ReorderBuffer<T> {
  /** Takes a packet; `undefined` stands for one that came but cannot be used, so that nobody waits for it. */
  push(sequence: number, item: T | undefined, nowMs: number): void;
  /** Gives up on packets that have been waited for too long. */
  sweep(nowMs: number): void;
}

/** Options of {@link createReorderBuffer}. */
export interface ReorderBufferOptions<T> {
  /** Called with each item in order. */
  readonly deliver: (item: T) => void;
  /** Told how many packets never came. */
  readonly onLost: (packets: number) => void;
  /** Told about a packet that came twice, or after it was given up. */
  readonly onLate: () => void;
}

/** Packets that wait for a missing one before it is given up: 100 ms of audio. */
const MAXIMUM_WAITING = 5;
/** How long a missing packet is waited for, in milliseconds. */
const MAXIMUM_WAIT_MS = 100;
/** A jump of this many packets or more, either way, is a new stream, not a loss. */
const RESTART_DISTANCE = 500;

/** Builds a buffer for one SSRC; in-order packets pass at once, so that it adds no delay while nothing is missing. */
export function createReorderBuffer<T>(options: ReorderBufferOptions<T>): ReorderBuffer<T> {
  const { deliver, onLost, onLate } = options;
  const waiting = new Map<number, T | undefined>();
  let next: number | undefined;
  let waitingSinceMs = 0;

  const pass = (sequence: number, item: T | undefined) => {
    if (item !== undefined) deliver(item);
    next = (sequence + 1) & 0xffff;
  };
  const drain = () => {
    for (let sequence = next; sequence !== undefined && waiting.has(sequence); sequence = next) {
      const item = waiting.get(sequence);
      waiting.delete(sequence);
      pass(sequence, item);
    }
  };
  /** Jumps over what is missing to the first packet that is there. */
  const giveUp = (from: number) => {
    let gap = RESTART_DISTANCE;
    for (const sequence of waiting.keys()) gap = Math.min(gap, (sequence - from) & 0xffff);
    onLost(gap);
    next = (from + gap) & 0xffff;
    drain();
  };

  return {
    push(sequence, item, nowMs) {
      if (next === undefined) {
        pass(sequence, item);
        return;
      }
      // The signed distance in a world that wraps at 2^16.
      const distance = ((sequence - next) << 16) >> 16;
      if (Math.abs(distance) >= RESTART_DISTANCE) {
        if (waiting.size > 0) giveUp(next);
        waiting.clear();
        pass(sequence, item);
      } else if (distance < 0 || waiting.has(sequence)) onLate();
      else if (distance === 0) {
        pass(sequence, item);
        drain();
        waitingSinceMs = nowMs;
      } else {
        if (waiting.size === 0) waitingSinceMs = nowMs;
        waiting.set(sequence, item);
        if (waiting.size > MAXIMUM_WAITING) giveUp(next);
      }
    },
    sweep(nowMs) {
      if (next !== undefined && waiting.size > 0 && nowMs - waitingSinceMs >= MAXIMUM_WAIT_MS) giveUp(next);
    },
  };
}

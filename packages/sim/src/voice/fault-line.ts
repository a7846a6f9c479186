import type { Clock, Random, Timer } from "@antiphon/std";

/** What goes wrong with the datagrams that the voice server sends; everything defaults to 0. */
export interface MediaFaults {
  /** The share of datagrams that never arrive, 0 to 1. */
  readonly lossRatio?: number;
  /** The share that arrives twice, 0 to 1. */
  readonly duplicateRatio?: number;
  /** The share that arrives after the one behind it, 0 to 1. */
  readonly reorderRatio?: number;
  /** The share with one bit flipped, 0 to 1. */
  readonly corruptRatio?: number;
  /** The longest delay in milliseconds; each datagram gets a random one, none overtakes another. */
  readonly jitterMs?: number;
  /** The share of answers to IP discovery that never arrive, 0 to 1. */
  readonly discoveryLossRatio?: number;
}

/** How many datagrams met which fault. */
export interface MediaFaultCounts {
  lost: number;
  duplicated: number;
  reordered: number;
  corrupted: number;
  delayed: number;
  /** Datagrams given up because too many were waiting. */
  overflowed: number;
}

/** A bad line to one receiver. */
export interface FaultLine {
  /** Sends a datagram, or not, as the faults of this moment have it. */
  push(datagram: Buffer): void;
  /** Drops everything that still waits. */
  close(): void;
}

/** Options of {@link createFaultLine}. */
export interface FaultLineOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The faults of this moment; asked for each datagram. */
  readonly faults: () => MediaFaults;
  readonly counts: MediaFaultCounts;
  readonly send: (datagram: Buffer) => void;
}

/** How long a datagram waits for another to overtake it when none comes, in milliseconds. */
const REORDER_TIMEOUT_MS = 60;
/** The most datagrams that wait on one line. */
const WAITING_LIMIT = 512;

/** Counts of nothing yet. */
export function createMediaFaultCounts(): MediaFaultCounts {
  return { lost: 0, duplicated: 0, reordered: 0, corrupted: 0, delayed: 0, overflowed: 0 };
}

/** Builds a {@link FaultLine}. The same seed and the same datagrams meet the same faults. */
export function createFaultLine(options: FaultLineOptions): FaultLine {
  const { clock, random, faults, counts, send } = options;
  const timers = new Set<Timer>();
  let held: { readonly datagram: Buffer; readonly timer: Timer } | null = null;
  let lastArrivalMs = 0;

  const later = (delayMs: number, run: () => void): Timer => {
    const timer = clock.setTimer(delayMs, () => {
      timers.delete(timer);
      run();
    });
    timers.add(timer);
    return timer;
  };
  const releaseHeld = () => {
    if (held === null) return;
    const { datagram, timer } = held;
    held = null;
    timer.cancel();
    timers.delete(timer);
    deliver(datagram);
  };
  const deliver = (datagram: Buffer) => {
    const { jitterMs = 0 } = faults();
    const nowMs = clock.monotonicMs();
    const arrivalMs = Math.max(lastArrivalMs, nowMs + (jitterMs === 0 ? 0 : random.next() * jitterMs));
    if (arrivalMs <= nowMs) return send(datagram);
    if (timers.size >= WAITING_LIMIT) {
      counts.overflowed++;
      return;
    }
    counts.delayed++;
    lastArrivalMs = arrivalMs;
    later(arrivalMs - nowMs, () => send(datagram));
  };
  const corrupt = (datagram: Buffer): Buffer => {
    const copy = Buffer.from(datagram);
    const index = random.integer(0, copy.length - 1);
    copy[index] = (copy[index] ?? 0) ^ (1 << random.integer(0, 7));
    counts.corrupted++;
    return copy;
  };

  return {
    push(datagram) {
      const { lossRatio = 0, duplicateRatio = 0, reorderRatio = 0, corruptRatio = 0 } = faults();
      const happens = (ratio: number) => ratio > 0 && random.next() < ratio;
      if (happens(lossRatio)) {
        counts.lost++;
        return;
      }
      const arriving = happens(corruptRatio) ? corrupt(datagram) : datagram;
      if (held === null && happens(reorderRatio)) {
        counts.reordered++;
        held = { datagram: arriving, timer: later(REORDER_TIMEOUT_MS, releaseHeld) };
        return;
      }
      deliver(arriving);
      if (happens(duplicateRatio)) {
        counts.duplicated++;
        deliver(arriving);
      }
      releaseHeld();
    },
    close() {
      held = null;
      for (const timer of timers) timer.cancel();
      timers.clear();
    },
  };
}

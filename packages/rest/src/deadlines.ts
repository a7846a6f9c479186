import type { Clock, Timer } from "@antiphon/std";

/** Tells when something has taken too long; all of it may take equally long. */
export interface Deadlines<T> {
  /** The time of `item` begins. */
  start(item: T): void;
  /** The time of `item` begins anew. */
  renew(item: T): void;
  /** `item` was in time. */
  stop(item: T): void;
}

/**
 * Builds {@link Deadlines}: `onMissed` is called for each item that was started and not stopped within `durationMs`. They all lie
 * equally far ahead, so the oldest is the next one due, and one timer serves them all.
 */
export function createDeadlines<T>(durationMs: number, clock: Clock, onMissed: (item: T) => void): Deadlines<T> {
  /** When each began, oldest first. */
  const begun = new Map<T, number>();
  let timer: Timer | undefined;

  const arm = (delayMs: number) => {
    // What is timed keeps the process alive by itself, by its socket.
    timer = clock.setTimer(delayMs, check, { keepAlive: false });
  };
  const check = () => {
    timer = undefined;
    const nowMs = clock.monotonicMs();
    for (const [item, beganMs] of begun) {
      const leftMs = beganMs + durationMs - nowMs;
      if (leftMs > 0) return arm(leftMs);
      begun.delete(item);
      onMissed(item);
    }
  };

  const start = (item: T) => {
    begun.set(item, clock.monotonicMs());
    if (timer === undefined) arm(durationMs);
  };

  return {
    start,
    renew(item) {
      // Whatever ended meanwhile has no time left to renew.
      if (begun.delete(item)) start(item);
    },
    stop: (item) => void begun.delete(item),
  };
}

import { abortReason, type Clock, type Timer } from "@antiphon/std";

/** The right to send one request under the global limit. */
export interface GlobalPermit {
  /** The answer is here; call once. */
  release(): void;
}

/** Keeps requests within the limit that counts over all routes. */
export interface GlobalLimiter {
  /** Waits for a place in the window. */
  acquire(signal: AbortSignal | undefined): Promise<GlobalPermit>;
  /** Lets nothing out for a while. */
  block(durationMs: number): void;
  /** How long until something may go out after a {@link block}. */
  readonly blockedMs: number;
  /** Requests that wait. */
  readonly waiting: number;
  /** Rejects what waits. */
  close(error: Error): void;
}

interface Place {
  /** A request that takes longer than this gives its place up. */
  readonly expiresAtMs: number;
  released: boolean;
}

interface Waiter {
  readonly grant: (permit: GlobalPermit) => void;
  readonly fail: (reason: unknown) => void;
}

/** Discord's window and a little more for clocks that differ. */
export const GLOBAL_WINDOW_MS = 1_005;

/** After this long without an answer the request has certainly been counted. */
export const GLOBAL_EXPIRY_MS = 3 * GLOBAL_WINDOW_MS;

/**
 * Builds a {@link GlobalLimiter}. A request keeps its place until a second after its answer, so that no window of the server's,
 * wherever it begins, ever counts more than `limit`, however differently requests travel.
 */
export function createGlobalLimiter(limit: number, clock: Clock): GlobalLimiter {
  /** Oldest first. */
  let held: Place[] = [];
  /** When places of answered requests become free, earliest first. */
  const cooling: number[] = [];
  let activeHeld = 0;
  const waiting: Waiter[] = [];
  let blockedUntilMs = 0;
  let timer: Timer | undefined;

  const expire = (nowMs: number) => {
    while (cooling[0] !== undefined && cooling[0] <= nowMs) cooling.shift();
    let ended = 0;
    for (const place of held) {
      if (!place.released && place.expiresAtMs > nowMs) break;
      if (!place.released) activeHeld--;
      place.released = true;
      ended++;
    }
    if (ended > 0) held = held.slice(ended);
  };
  const hasPlace = (nowMs: number): boolean => {
    if (nowMs < blockedUntilMs) return false;
    if (activeHeld + cooling.length >= limit) expire(nowMs);
    return activeHeld + cooling.length < limit;
  };

  const take = (nowMs: number): GlobalPermit => {
    const place: Place = { expiresAtMs: nowMs + GLOBAL_EXPIRY_MS, released: false };
    held.push(place);
    activeHeld++;
    return {
      release() {
        if (place.released) return;
        place.released = true;
        activeHeld--;
        cooling.push(clock.monotonicMs() + GLOBAL_WINDOW_MS);
        if (waiting.length > 0) drain();
        // Otherwise nobody looks at the lists, which must not grow with slow requests at their head.
        else if (held.length > 2 * limit) held = held.filter(({ released }) => !released);
      },
    };
  };

  const drain = () => {
    const nowMs = clock.monotonicMs();
    while (waiting.length > 0 && hasPlace(nowMs)) (waiting.shift() as Waiter).grant(take(nowMs));
    timer?.cancel();
    timer = undefined;
    if (waiting.length === 0) return;
    const freeAtMs = Math.min(cooling[0] ?? Infinity, held[0]?.expiresAtMs ?? Infinity);
    timer = clock.setTimer(Math.max(1, blockedUntilMs - nowMs, nowMs < blockedUntilMs ? 0 : freeAtMs - nowMs), drain);
  };

  return {
    acquire(signal) {
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      const nowMs = clock.monotonicMs();
      if (waiting.length === 0 && hasPlace(nowMs)) return Promise.resolve(take(nowMs));
      return new Promise((resolve, reject) => {
        const end = (then: () => void) => {
          signal?.removeEventListener("abort", onAbort);
          then();
        };
        const waiter: Waiter = {
          grant: (permit) => end(() => resolve(permit)),
          fail: (reason) => end(() => reject(reason)),
        };
        const onAbort = () => {
          waiting.splice(waiting.indexOf(waiter), 1);
          reject(abortReason(signal as AbortSignal));
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.push(waiter);
        if (waiting.length === 1) drain();
      });
    },
    block(durationMs) {
      blockedUntilMs = Math.max(blockedUntilMs, clock.monotonicMs() + durationMs);
      if (waiting.length > 0) drain();
    },
    get blockedMs() {
      return Math.max(0, blockedUntilMs - clock.monotonicMs());
    },
    get waiting() {
      return waiting.length;
    },
    close(error) {
      timer?.cancel();
      for (const waiter of waiting.splice(0)) waiter.fail(error);
    },
  };
}

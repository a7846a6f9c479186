import { abortReason, type Clock, type Timer } from "@antiphon/std";
import { waitInLine, type Waiter } from "./waiting-line.ts";

/** The right to send one request under the global limit. */
export interface GlobalPermit {
  /** The answer is here; call once. */
  release(): void;
  /** The request was not sent after all; call instead of `release`. */
  giveBack(): void;
}

/** Keeps requests within the limit that counts over all routes. */
export interface GlobalLimiter {
  /** A place in the window when there is one at once. */
  tryAcquire(): GlobalPermit | undefined;
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

/** Discord's window and a little more for clocks that differ. */
export const GLOBAL_WINDOW_MS = 1_005;

/** After this long without an answer the request has certainly been counted. */
export const GLOBAL_EXPIRY_MS = 3 * GLOBAL_WINDOW_MS;

/** Made for every request, hence without functions of its own. */
class Place implements GlobalPermit {
  /** A request that takes longer than this gives its place up. */
  readonly expiresAtMs: number;
  readonly #end: (place: Place, wasSent: boolean) => void;

  constructor(expiresAtMs: number, end: (place: Place, wasSent: boolean) => void) {
    this.expiresAtMs = expiresAtMs;
    this.#end = end;
  }

  release(): void {
    this.#end(this, true);
  }

  giveBack(): void {
    this.#end(this, false);
  }
}

/**
 * Builds a {@link GlobalLimiter}. A request keeps its place until a second after its answer, so that no window of the server's,
 * wherever it begins, ever counts more than `limit`, however differently requests travel.
 */
export function createGlobalLimiter(limit: number, clock: Clock): GlobalLimiter {
  /** Of requests under way, oldest first. */
  const held = new Set<Place>();
  /** When places of answered requests become free, earliest first. */
  const cooling: number[] = [];
  const waiting: Waiter<GlobalPermit>[] = [];
  let blockedUntilMs = 0;
  let timer: Timer | undefined;

  const expire = (nowMs: number) => {
    while (cooling[0] !== undefined && cooling[0] <= nowMs) cooling.shift();
    for (const place of held) {
      if (place.expiresAtMs > nowMs) return;
      held.delete(place);
    }
  };
  const hasPlace = (nowMs: number): boolean => {
    if (nowMs < blockedUntilMs) return false;
    if (held.size + cooling.length >= limit) expire(nowMs);
    return held.size + cooling.length < limit;
  };

  const end = (place: Place, wasSent: boolean) => {
    if (!held.delete(place)) return;
    if (wasSent) {
      const nowMs = clock.monotonicMs();
      // Whatever the limit is, the list stays as short as a second is long.
      if (cooling[0] !== undefined && cooling[0] <= nowMs) expire(nowMs);
      cooling.push(nowMs + GLOBAL_WINDOW_MS);
    }
    if (waiting.length > 0) drain();
  };
  const take = (nowMs: number): GlobalPermit => {
    const place = new Place(nowMs + GLOBAL_EXPIRY_MS, end);
    held.add(place);
    return place;
  };
  const tryAcquire = () => {
    const nowMs = clock.monotonicMs();
    return waiting.length === 0 && hasPlace(nowMs) ? take(nowMs) : undefined;
  };

  const drain = () => {
    const nowMs = clock.monotonicMs();
    while (waiting.length > 0 && hasPlace(nowMs)) (waiting.shift() as Waiter<GlobalPermit>).grant(take(nowMs));
    timer?.cancel();
    timer = undefined;
    if (waiting.length === 0) return;
    const [oldest] = held;
    const freeAtMs = Math.min(cooling[0] ?? Infinity, oldest?.expiresAtMs ?? Infinity);
    timer = clock.setTimer(Math.max(1, blockedUntilMs - nowMs, nowMs < blockedUntilMs ? 0 : freeAtMs - nowMs), drain);
  };

  return {
    tryAcquire,
    acquire(signal) {
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      const place = tryAcquire();
      if (place !== undefined) return Promise.resolve(place);
      const turn = waitInLine(waiting, signal);
      if (waiting.length === 1) drain();
      return turn;
    },
    block(durationMs) {
      blockedUntilMs = Math.max(blockedUntilMs, clock.monotonicMs() + durationMs);
      if (waiting.length > 0) drain();
    },
    get blockedMs() {
      return blockedUntilMs === 0 ? 0 : Math.max(0, blockedUntilMs - clock.monotonicMs());
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

import type { Clock } from "@antiphon/std";

/** How many requests with 401, 403 or 429 an address may cause before it is shut out. */
export interface InvalidRequestLimit {
  /** Requests in one window. Defaults to 10,000. */
  readonly limit?: number | undefined;
  /** How long a window lasts from its first such request, in milliseconds. Defaults to 600,000. */
  readonly windowMs?: number | undefined;
}

/** Counts invalid requests by address. */
export interface InvalidRequestGate {
  /** Seconds until the address is let in again; 0 when it is. */
  shutOutS(address: string): number;
  /** Counts an answer; 429 of a limit that is shared with others does not count. */
  note(address: string, status: number, scope: string | undefined): void;
}

/** How many addresses are kept before those whose window is over are thrown out. */
const SWEEP_AT = 1_000;
const COUNTED: ReadonlySet<number> = new Set([401, 403, 429]);

/**
 * Builds an {@link InvalidRequestGate}.
 *
 * @see [Discord Docs/Rate Limits#Invalid Request Limit]
 */
export function createInvalidRequestGate(clock: Clock, options: InvalidRequestLimit = {}): InvalidRequestGate {
  const { limit = 10_000, windowMs = 600_000 } = options;
  const windows = new Map<string, { count: number; readonly resetAtMs: number }>();
  const open = (address: string) => {
    const existing = windows.get(address);
    if (existing !== undefined && existing.resetAtMs > clock.now()) return existing;
    if (windows.size >= SWEEP_AT)
      for (const [other, { resetAtMs }] of windows) if (resetAtMs <= clock.now()) windows.delete(other);
    const window = { count: 0, resetAtMs: clock.now() + windowMs };
    windows.set(address, window);
    return window;
  };
  return {
    shutOutS(address) {
      const window = windows.get(address);
      if (window === undefined || window.count < limit) return 0;
      return Math.max(0, Math.ceil((window.resetAtMs - clock.now()) / 1000));
    },
    note(address, status, scope) {
      if (COUNTED.has(status) && scope !== "shared") open(address).count++;
    },
  };
}

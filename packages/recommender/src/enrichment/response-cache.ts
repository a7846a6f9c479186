import type { Clock } from "@antiphon/std";

/** Keeps answers for a while; the one unused for longest gives way. */
export interface ResponseCache {
  /** What is kept for a key; undefined when there is nothing, `{ value: undefined }` when the service knew nothing. */
  get(key: string): { readonly value: unknown } | undefined;
  /** Keeps a value for so long, in milliseconds. */
  set(key: string, value: unknown, lifetimeMs: number): void;
}

/** Builds a {@link ResponseCache} of at most `limit` answers; with 0 it keeps none. */
export function createResponseCache(limit: number, clock: Clock): ResponseCache {
  const entries = new Map<string, { readonly value: unknown; readonly untilMs: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (entry.untilMs <= clock.monotonicMs()) return undefined;
      // Last in the map's order is last to give way.
      entries.set(key, entry);
      return entry;
    },
    set(key, value, lifetimeMs) {
      entries.delete(key);
      entries.set(key, { value, untilMs: clock.monotonicMs() + lifetimeMs });
      while (entries.size > limit) {
        const [oldest] = entries.keys();
        if (oldest === undefined) return;
        entries.delete(oldest);
      }
    },
  };
}

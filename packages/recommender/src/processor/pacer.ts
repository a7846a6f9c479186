import { createKeyedMutex, type Clock } from "@antiphon/std";

/** Lets callers through one by one, never closer together than an interval. */
export interface Pacer {
  /** Waits for the caller's turn; one who gives up leaves it to the next. */
  take(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Lets nobody through for at least this long from now, in milliseconds. */
  hold(durationMs: number): void;
  /** How long until the next turn could come, in milliseconds, whoever gets it. */
  waitMs(): number;
}

/** Builds a {@link Pacer}; an interval of 0 only holds. */
export function createPacer({ intervalMs, clock }: { readonly intervalMs: number; readonly clock: Clock }): Pacer {
  const line = createKeyedMutex<"line">();
  let nextAtMs = Number.NEGATIVE_INFINITY;
  const waitMs = () => Math.max(0, nextAtMs - clock.monotonicMs());
  return {
    waitMs,
    take: ({ signal } = {}) =>
      line.run(
        "line",
        async () => {
          // A loop, because a hold may come while somebody waits, and because timers may fire a little early.
          for (let leftMs = waitMs(); leftMs > 0; leftMs = waitMs()) await clock.sleep(leftMs, { signal });
          nextAtMs = clock.monotonicMs() + intervalMs;
        },
        { signal },
      ),
    hold(durationMs) {
      nextAtMs = Math.max(nextAtMs, clock.monotonicMs() + durationMs);
    },
  };
}

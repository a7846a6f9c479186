import type { Clock } from "@antiphon/std";

/** Resolves when the work is done, or when the time is up. */
export async function settleWithin(work: Promise<unknown>, clock: Clock, durationMs: number): Promise<void> {
  const enough = new AbortController();
  const pause = clock.sleep(durationMs, { signal: enough.signal });
  try {
    await Promise.race([work, pause]);
  } finally {
    enough.abort();
    await pause.catch(() => {}); // It was only in case.
  }
}

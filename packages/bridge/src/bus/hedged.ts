import type { Clock } from "@antiphon/std";

/** Options of {@link hedged}. */
export interface HedgedOptions<Result> {
  readonly clock: Clock;
  /** Before the second attempt; each further one waits half as long again. */
  readonly firstWaitMs: number;
  /** Takes back what an attempt brought after another one had decided. */
  readonly discard: (late: Result) => void;
}

const GROWTH = 1.5;

/**
 * Begins an attempt, and another one beside it each time that there is no answer for a while; the first that ends decides. For
 * requests that may go to a server that is dead, where a second one goes elsewhere.
 */
export async function hedged<Result>(
  attempt: () => Promise<Result>,
  { clock, firstWaitMs, discard }: HedgedOptions<Result>,
): Promise<Result> {
  const decided = Promise.withResolvers<Result>();
  const deciding = new AbortController();
  const begin = async (): Promise<void> => {
    try {
      const result = await attempt();
      if (deciding.signal.aborted) discard(result);
      else decided.resolve(result);
    } catch (error) {
      decided.reject(error);
    }
    deciding.abort();
  };
  const beginAgain = async (): Promise<void> => {
    for (let waitMs = firstWaitMs; !deciding.signal.aborted; waitMs *= GROWTH) {
      void begin();
      // Ends with the abort.
      await clock.sleep(waitMs, { signal: deciding.signal }).catch(() => {});
    }
  };
  void beginAgain();
  return decided.promise;
}

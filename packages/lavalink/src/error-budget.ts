/** Counts failures in a sliding window, so that a broken source cannot burn through a whole queue. */
export interface ErrorBudget {
  /** Notes a failure now; false when there have been too many. */
  spend(nowMs: number): boolean;
  /** Forgets every failure. */
  reset(): void;
}

/** Options of {@link createErrorBudget}. */
export interface ErrorBudgetOptions {
  /** As many failures within the window stop playback. Defaults to 3. */
  readonly maximumFailures?: number;
  /** Milliseconds. Defaults to 30,000. */
  readonly windowMs?: number;
}

/** Builds an {@link ErrorBudget}. */
export function createErrorBudget(options: ErrorBudgetOptions = {}): ErrorBudget {
  const { maximumFailures = 3, windowMs = 30_000 } = options;
  let failuresMs: number[] = [];
  return {
    spend(nowMs) {
      failuresMs = failuresMs.filter((atMs) => nowMs - atMs < windowMs);
      failuresMs.push(nowMs);
      return failuresMs.length < maximumFailures;
    },
    reset() {
      failuresMs = [];
    },
  };
}

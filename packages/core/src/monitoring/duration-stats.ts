/** How long things took. */
export interface DurationStats {
  readonly count: number;
  /** Mean duration in milliseconds; 0 before the first. */
  readonly meanMs: number;
  /** The longest duration in milliseconds. */
  readonly maximumMs: number;
  /** All durations together in milliseconds. */
  readonly totalMs: number;
}

/** Collects durations; constant in size. */
export interface DurationRecorder {
  record(durationMs: number): void;
  stats(): DurationStats;
}

/** Builds a {@link DurationRecorder}. */
export function createDurationRecorder(): DurationRecorder {
  let count = 0;
  let totalMs = 0;
  let maximumMs = 0;
  return {
    record(durationMs) {
      count++;
      totalMs += durationMs;
      if (durationMs > maximumMs) maximumMs = durationMs;
    },
    stats: () => ({ count, meanMs: count === 0 ? 0 : totalMs / count, maximumMs, totalMs }),
  };
}

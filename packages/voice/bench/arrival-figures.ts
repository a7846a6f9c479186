/** What the arrivals of some streams at the voice server say about the clock that sent them. */
export interface ArrivalFigures {
  /** Gaps between two packets of a stream that were looked at. */
  readonly gaps: number;
  /** The 99th percentile of the distance of a gap from 20 ms, in milliseconds. */
  readonly p99ErrorMs: number;
  /** Gaps of more than 60 ms. */
  readonly longGaps: number;
  /** Gaps of less than 5 ms. */
  readonly bursts: number;
}

const FRAME_MS = 20;
const LONG_GAP_MS = 60;
const BURST_MS = 5;

/** Computes the figures from each stream's arrival times in milliseconds. */
export function arrivalFigures(streams: readonly (readonly number[])[]): ArrivalFigures {
  const gaps = streams.flatMap((times) => times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  const errors = gaps.map((gapMs) => Math.abs(gapMs - FRAME_MS)).toSorted((left, right) => left - right);
  return {
    gaps: gaps.length,
    p99ErrorMs: errors[Math.ceil(errors.length * 0.99) - 1] ?? Number.NaN,
    longGaps: gaps.filter((gapMs) => gapMs > LONG_GAP_MS).length,
    bursts: gaps.filter((gapMs) => gapMs < BURST_MS).length,
  };
}

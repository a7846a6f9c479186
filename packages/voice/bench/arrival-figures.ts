/** What the arrivals of some streams at the voice server say about the clock that sent them. */
export interface ArrivalFigures {
  /** Packets that arrived in the window, of all streams. */
  readonly packets: number;
  /** The 99th percentile of the distance of a gap from 20 ms, in milliseconds. */
  readonly p99ErrorMs: number;
  /** Gaps of more than 60 ms in 20,000 packets. */
  readonly longGaps: number;
  /** Packets in 20,000 that came less than 5 ms after the one before of their stream. */
  readonly bursts: number;
}

const FRAME_MS = 20;
const LONG_GAP_MS = 60;
const BURST_MS = 5;
const PER_PACKETS = 20_000;

/** Computes the figures from each stream's arrival times in milliseconds. */
export function arrivalFigures(streams: readonly (readonly number[])[]): ArrivalFigures {
  const gaps = streams.flatMap((times) => times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  const errors = gaps.map((gapMs) => Math.abs(gapMs - FRAME_MS)).toSorted((left, right) => left - right);
  const rate = (count: number) => (gaps.length === 0 ? Number.NaN : (count * PER_PACKETS) / gaps.length);
  return {
    packets: streams.reduce((sum, times) => sum + times.length, 0),
    p99ErrorMs: errors[Math.ceil(errors.length * 0.99) - 1] ?? Number.NaN,
    longGaps: rate(gaps.filter((gapMs) => gapMs > LONG_GAP_MS).length),
    bursts: rate(gaps.filter((gapMs) => gapMs < BURST_MS).length),
  };
}

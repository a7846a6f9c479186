/** Where a track is, told by a monotonic clock between the node's reports. */
export interface PositionTracker {
  /** Milliseconds into the track at this moment. */
  at(nowMs: number): number;
  /** The node or a command says where the track is now. */
  set(positionMs: number, nowMs: number): void;
  /** Time starts or stops to pass. */
  setRunning(running: boolean, nowMs: number): void;
}

/** Builds a {@link PositionTracker} that stands at 0; `nowMs` is always the same monotonic clock. */
export function createPositionTracker(): PositionTracker {
  let baseMs = 0;
  let sinceMs = 0;
  let running = false;
  const at = (nowMs: number) => (running ? baseMs + Math.max(0, nowMs - sinceMs) : baseMs);
  return {
    at,
    set(positionMs, nowMs) {
      baseMs = positionMs;
      sinceMs = nowMs;
    },
    setRunning(next, nowMs) {
      baseMs = at(nowMs);
      sinceMs = nowMs;
      running = next;
    },
  };
}

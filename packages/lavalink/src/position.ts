/** Where a track is, told by a monotonic clock between the node's reports. */
export interface PositionTracker {
  /** Milliseconds into the track at this moment. */
  at(nowMs: number): number;
  /** A command or a new track puts the track there. */
  set(positionMs: number, nowMs: number): void;
  /**
   * The node says how far it is. lavaplayer counts what it has sent, so under a timescale its position and the track's drift
   * apart.
   *
   * @see lavaplayer issue 94
   */
  report(nodePositionMs: number, nowMs: number): void;
  /** The track runs so many times as fast as the clock from now on. */
  setSpeed(speedRatio: number, nowMs: number): void;
  /** Time starts or stops to pass. */
  setRunning(running: boolean, nowMs: number): void;
}

/** Builds a {@link PositionTracker} that stands at 0; `nowMs` is always the same monotonic clock. */
export function createPositionTracker(): PositionTracker {
  let trackMs = 0;
  let nodeMs = 0;
  let sinceMs = 0;
  let running = false;
  let speedRatio = 1;
  const elapsed = (nowMs: number) => (running ? Math.max(0, nowMs - sinceMs) : 0);
  const settle = (nowMs: number) => {
    trackMs += elapsed(nowMs) * speedRatio;
    nodeMs += elapsed(nowMs);
    sinceMs = nowMs;
  };
  return {
    at: (nowMs) => trackMs + elapsed(nowMs) * speedRatio,
    set(positionMs, nowMs) {
      trackMs = positionMs;
      nodeMs = positionMs;
      sinceMs = nowMs;
    },
    report(nodePositionMs, nowMs) {
      trackMs = Math.max(0, trackMs + (nodePositionMs - nodeMs) * speedRatio);
      nodeMs = nodePositionMs;
      sinceMs = nowMs;
    },
    setSpeed(next, nowMs) {
      settle(nowMs);
      speedRatio = next;
    },
    setRunning(next, nowMs) {
      settle(nowMs);
      running = next;
    },
  };
}

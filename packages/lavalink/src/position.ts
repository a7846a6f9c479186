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

/** A class, as there is one for each player: an object literal with accessors would be kept as a dictionary. */
class RunningPosition implements PositionTracker {
  #trackMs = 0;
  #nodeMs = 0;
  #sinceMs = 0;
  #running = false;
  #speedRatio = 1;

  at(nowMs: number): number {
    return this.#trackMs + this.#elapsedMs(nowMs) * this.#speedRatio;
  }
  set(positionMs: number, nowMs: number): void {
    this.#trackMs = positionMs;
    this.#nodeMs = positionMs;
    this.#sinceMs = nowMs;
  }
  report(nodePositionMs: number, nowMs: number): void {
    this.#trackMs = Math.max(0, this.#trackMs + (nodePositionMs - this.#nodeMs) * this.#speedRatio);
    this.#nodeMs = nodePositionMs;
    this.#sinceMs = nowMs;
  }
  setSpeed(speedRatio: number, nowMs: number): void {
    this.#settle(nowMs);
    this.#speedRatio = speedRatio;
  }
  setRunning(running: boolean, nowMs: number): void {
    this.#settle(nowMs);
    this.#running = running;
  }

  #elapsedMs(nowMs: number): number {
    return this.#running ? Math.max(0, nowMs - this.#sinceMs) : 0;
  }
  #settle(nowMs: number): void {
    const elapsedMs = this.#elapsedMs(nowMs);
    this.#trackMs += elapsedMs * this.#speedRatio;
    this.#nodeMs += elapsedMs;
    this.#sinceMs = nowMs;
  }
}

/** Builds a {@link PositionTracker} that stands at 0; `nowMs` is always the same monotonic clock. */
export function createPositionTracker(): PositionTracker {
  return new RunningPosition();
}

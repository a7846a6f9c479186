/** Lookups that make one sample, as a multiple of the entries held. */
const SAMPLE_FACTOR = 10;
/** Where the window starts. Small enough for loops, large enough that recency shows within the first sample. */
const FIRST_SHARE = 0.2;
const SMALLEST_SHARE = 0.01;
const LARGEST_SHARE = 0.99;
const FIRST_STEP = 0.08;
/** A search that stood still could not leave a window in which nothing is ever hit. */
const SMALLEST_STEP = 0.02;
const STEP_DECAY = 0.9;
/** What a step shrinks to besides when it turns. */
const TURN_DECAY = 0.8;
/** A change of the hit ratio that means another workload: the search starts again with large steps. */
const RESTART_CHANGE = 0.05;

/**
 * Finds the window's share of an adaptive cache by hill climbing: it goes on in a direction while the hit ratio rises, turns when
 * it falls, and takes smaller steps each time. The constants were searched over the traces in `bench/`.
 *
 * @see Einziger, Eytan, Friedman, Manes: "Adaptive Software Cache Management", Middleware 2018
 */
export class WindowClimber {
  #share = FIRST_SHARE;
  #step = FIRST_STEP;
  #hits = 0;
  #lookups = 0;
  #previousRatio = 0;

  /** The share of the cache that the window may fill, 0.01 to 0.99. */
  get share(): number {
    return this.#share;
  }

  /** Counts a lookup in a cache of so many entries; true when the share has changed. */
  record(isHit: boolean, entries: number): boolean {
    if (isHit) this.#hits++;
    if (++this.#lookups < SAMPLE_FACTOR * entries) return false;
    this.#climb(this.#hits / this.#lookups);
    this.#hits = 0;
    this.#lookups = 0;
    return true;
  }

  #climb(ratio: number): void {
    const change = ratio - this.#previousRatio;
    this.#previousRatio = ratio;
    const direction = change < 0 ? -Math.sign(this.#step) : Math.sign(this.#step);
    const decay = change < 0 ? STEP_DECAY * TURN_DECAY : STEP_DECAY;
    const isOtherWorkload = Math.abs(change) >= RESTART_CHANGE;
    const size = isOtherWorkload ? FIRST_STEP : Math.max(SMALLEST_STEP, Math.abs(this.#step) * decay);
    this.#step = direction * size;
    this.#share = Math.min(LARGEST_SHARE, Math.max(SMALLEST_SHARE, this.#share + this.#step));
  }
}

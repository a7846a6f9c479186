import type { EvictionPolicy, SlotTable } from "./eviction-policy.ts";
import { FrequencySketch } from "./frequency-sketch.ts";
import { NO_SLOT, SlotLinks, SlotList } from "./slot-list.ts";
import { WindowClimber } from "./window-climber.ts";

const WINDOW = 0;
const PROBATION = 1;
const PROTECTED = 2;

/** The share of the main region whose entries have been used since they came into it. */
const PROTECTED_SHARE = 0.8;

/**
 * W-TinyLFU: new entries pass through a window ruled by recency; at its end only those used more often than the main region's
 * oldest stay. The window grows and shrinks with the workload.
 *
 * @see Einziger, Eytan, Friedman, Manes: "Adaptive Software Cache Management", Middleware 2018
 */
export class AdaptivePolicy implements EvictionPolicy {
  readonly readsHashes = true;
  readonly #table: SlotTable;
  readonly #links = new SlotLinks();
  readonly #window = new SlotList(this.#links);
  readonly #probation = new SlotList(this.#links);
  readonly #protected = new SlotList(this.#links);
  readonly #sketch = new FrequencySketch();
  readonly #climber = new WindowClimber();
  #regions = new Uint8Array(0);
  #entries = 0;
  /** Whether something had to leave yet: before that, hit ratios say nothing about the window. */
  #isFull = false;
  #windowWeight = 0;
  #protectedWeight = 0;
  #maxWindowWeight = 0;
  #maxProtectedWeight = 0;
  /** The entry that left the window last and has not been compared yet. */
  #candidate = NO_SLOT;

  constructor(table: SlotTable) {
    this.#table = table;
    this.#resizeWindow();
  }

  grow(capacity: number): void {
    this.#links.grow(capacity);
    const regions = new Uint8Array(capacity);
    regions.set(this.#regions);
    this.#regions = regions;
    this.#sketch.ensureCapacity(capacity);
  }

  add(slot: number): void {
    this.#sketch.increment(this.#table.hashes[slot] as number);
    this.#entries++;
    this.#enterWindow(slot);
    this.#drainWindow();
    this.#observe(false);
  }

  hit(slot: number): void {
    this.#sketch.increment(this.#table.hashes[slot] as number);
    const region = this.#regions[slot];
    if (region === WINDOW) this.#window.touch(slot);
    else if (region === PROTECTED) this.#protected.touch(slot);
    else this.#promote(slot);
    this.#observe(true);
  }

  update(slot: number): void {
    this.hit(slot);
  }

  remove(slot: number): void {
    this.#entries--;
    this.#leaveRegion(slot);
  }

  victim(): number {
    this.#isFull = true;
    const oldest = this.#probation.tail === NO_SLOT ? this.#protected.tail : this.#probation.tail;
    if (oldest === NO_SLOT) return this.#window.tail;
    const candidate = this.#candidate;
    this.#candidate = NO_SLOT;
    if (candidate === NO_SLOT || candidate === oldest) return oldest;
    const { hashes } = this.#table;
    const isBetter =
      this.#sketch.frequency(hashes[candidate] as number) > this.#sketch.frequency(hashes[oldest] as number);
    return isBetter ? oldest : candidate;
  }

  clear(): void {
    for (const list of [this.#window, this.#probation, this.#protected]) list.clear();
    this.#entries = 0;
    this.#isFull = false;
    this.#windowWeight = 0;
    this.#protectedWeight = 0;
    this.#candidate = NO_SLOT;
    this.#sketch.clear();
  }

  #enterWindow(slot: number): void {
    this.#regions[slot] = WINDOW;
    this.#window.push(slot);
    this.#windowWeight += this.#table.weights[slot] as number;
  }

  #leaveRegion(slot: number): void {
    const weight = this.#table.weights[slot] as number;
    if (this.#candidate === slot) this.#candidate = NO_SLOT;
    if (this.#regions[slot] === WINDOW) {
      this.#window.remove(slot);
      this.#windowWeight -= weight;
    } else if (this.#regions[slot] === PROTECTED) {
      this.#protected.remove(slot);
      this.#protectedWeight -= weight;
    } else {
      this.#probation.remove(slot);
    }
  }

  #promote(slot: number): void {
    if (this.#candidate === slot) this.#candidate = NO_SLOT;
    this.#probation.remove(slot);
    this.#regions[slot] = PROTECTED;
    this.#protected.push(slot);
    this.#protectedWeight += this.#table.weights[slot] as number;
    this.#drainProtected();
  }

  /** Sends what no longer fits the window to the main region. */
  #drainWindow(): void {
    while (this.#windowWeight > this.#maxWindowWeight && this.#window.tail !== NO_SLOT) {
      const slot = this.#window.tail;
      this.#window.remove(slot);
      this.#windowWeight -= this.#table.weights[slot] as number;
      this.#regions[slot] = PROBATION;
      this.#probation.push(slot);
      this.#candidate = slot;
    }
  }

  #drainProtected(): void {
    while (this.#protectedWeight > this.#maxProtectedWeight && this.#protected.tail !== NO_SLOT) {
      const slot = this.#protected.tail;
      this.#protected.remove(slot);
      this.#protectedWeight -= this.#table.weights[slot] as number;
      this.#regions[slot] = PROBATION;
      this.#probation.push(slot);
    }
  }

  #observe(isHit: boolean): void {
    if (!this.#isFull || !this.#climber.record(isHit, this.#entries)) return;
    this.#resizeWindow();
    this.#drainWindow();
    this.#drainProtected();
    this.#fillWindow();
  }

  #resizeWindow(): void {
    const { maxWeight } = this.#table;
    this.#maxWindowWeight = Math.max(1, Math.floor(maxWeight * this.#climber.share));
    this.#maxProtectedWeight = Math.floor((maxWeight - this.#maxWindowWeight) * PROTECTED_SHARE);
  }

  /** Gives a window that has grown the entries of the main region that would leave first. */
  #fillWindow(): void {
    for (;;) {
      const list = this.#probation.tail === NO_SLOT ? this.#protected : this.#probation;
      const slot = list.tail;
      if (slot === NO_SLOT) return;
      const weight = this.#table.weights[slot] as number;
      if (this.#windowWeight + weight > this.#maxWindowWeight) return;
      this.#leaveRegion(slot);
      this.#enterWindow(slot);
    }
  }
}

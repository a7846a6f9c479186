import type { EvictionPolicy, SlotTable } from "./eviction-policy.ts";
import { growInt32, NO_SLOT } from "./slot-list.ts";

/** What expires first goes first: a binary heap of slots that knows where each slot stands. */
export class TtlPolicy implements EvictionPolicy {
  readonly readsHashes = false;
  readonly #table: SlotTable;
  #heap = new Int32Array(0);
  #positions = new Int32Array(0);
  #size = 0;

  constructor(table: SlotTable) {
    this.#table = table;
  }

  grow(capacity: number): void {
    this.#heap = growInt32(this.#heap, capacity);
    this.#positions = growInt32(this.#positions, capacity);
  }

  add(slot: number): void {
    this.#put(slot, this.#size++);
    this.#rise(slot);
  }

  hit(_slot: number): void {}

  update(slot: number): void {
    this.#rise(slot);
    this.#sink(slot);
  }

  remove(slot: number): void {
    const last = this.#heap[--this.#size] as number;
    if (last === slot) return;
    this.#put(last, this.#positions[slot] as number);
    this.#rise(last);
    this.#sink(last);
  }

  victim(): number {
    return this.#size === 0 ? NO_SLOT : (this.#heap[0] as number);
  }

  clear(): void {
    this.#size = 0;
  }

  #put(slot: number, position: number): void {
    this.#heap[position] = slot;
    this.#positions[slot] = position;
  }

  #expiryAt(position: number): number {
    return this.#table.expiresAtMs[this.#heap[position] as number] as number;
  }

  #rise(slot: number): void {
    const expiry = this.#table.expiresAtMs[slot] as number;
    let position = this.#positions[slot] as number;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (this.#expiryAt(parent) <= expiry) break;
      this.#put(this.#heap[parent] as number, position);
      position = parent;
    }
    this.#put(slot, position);
  }

  #sink(slot: number): void {
    const expiry = this.#table.expiresAtMs[slot] as number;
    let position = this.#positions[slot] as number;
    for (let child = 2 * position + 1; child < this.#size; child = 2 * position + 1) {
      if (child + 1 < this.#size && this.#expiryAt(child + 1) < this.#expiryAt(child)) child++;
      if (this.#expiryAt(child) >= expiry) break;
      this.#put(this.#heap[child] as number, position);
      position = child;
    }
    this.#put(slot, position);
  }
}

import type { EvictionPolicy } from "./eviction-policy.ts";
import { NO_SLOT, SlotLinks, SlotList } from "./slot-list.ts";

/** The slots that were used equally often, between the next rarer and the next more frequent ones. */
interface Bucket {
  readonly frequency: number;
  readonly list: SlotList;
  rarer: Bucket | undefined;
  oftener: Bucket | undefined;
}

/**
 * Least frequently used, in constant time.
 *
 * @see Shah, Mitra, Matani: "An O(1) algorithm for implementing the LFU cache eviction scheme"
 */
export class LfuPolicy implements EvictionPolicy {
  readonly readsHashes = false;
  readonly #links = new SlotLinks();
  #buckets: (Bucket | undefined)[] = [];
  #rarest: Bucket | undefined;

  grow(capacity: number): void {
    this.#links.grow(capacity);
  }

  add(slot: number): void {
    this.#place(slot, 1, undefined);
  }

  hit(slot: number): void {
    const bucket = this.#buckets[slot] as Bucket;
    bucket.list.remove(slot);
    this.#place(slot, bucket.frequency + 1, bucket);
    this.#dropIfEmpty(bucket);
  }

  update(slot: number): void {
    this.hit(slot);
  }

  remove(slot: number): void {
    const bucket = this.#buckets[slot] as Bucket;
    bucket.list.remove(slot);
    this.#buckets[slot] = undefined;
    this.#dropIfEmpty(bucket);
  }

  victim(): number {
    return this.#rarest?.list.tail ?? NO_SLOT;
  }

  clear(): void {
    this.#buckets = [];
    this.#rarest = undefined;
  }

  /** Puts the slot into the bucket of `frequency`, which is the one after `rarer` or must be made there. */
  #place(slot: number, frequency: number, rarer: Bucket | undefined): void {
    const oftener = rarer === undefined ? this.#rarest : rarer.oftener;
    let bucket = oftener;
    if (bucket?.frequency !== frequency) {
      bucket = { frequency, list: new SlotList(this.#links), rarer, oftener };
      if (rarer === undefined) this.#rarest = bucket;
      else rarer.oftener = bucket;
      if (oftener !== undefined) oftener.rarer = bucket;
    }
    bucket.list.push(slot);
    this.#buckets[slot] = bucket;
  }

  #dropIfEmpty(bucket: Bucket): void {
    if (bucket.list.head !== NO_SLOT) return;
    if (bucket.rarer === undefined) this.#rarest = bucket.oftener;
    else bucket.rarer.oftener = bucket.oftener;
    if (bucket.oftener !== undefined) bucket.oftener.rarer = bucket.rarer;
  }
}

import type { EvictionPolicy } from "./eviction-policy.ts";
import { SlotLinks, SlotList } from "./slot-list.ts";

/** First in, first out. */
export class FifoPolicy implements EvictionPolicy {
  readonly readsHashes = false;
  readonly #links = new SlotLinks();
  protected readonly list = new SlotList(this.#links);

  grow(capacity: number): void {
    this.#links.grow(capacity);
  }

  add(slot: number): void {
    this.list.push(slot);
  }

  hit(_slot: number): void {}

  update(_slot: number): void {}

  remove(slot: number): void {
    this.list.remove(slot);
  }

  victim(): number {
    return this.list.tail;
  }

  clear(): void {
    this.list.clear();
  }
}

/** Least recently used. */
export class LruPolicy extends FifoPolicy {
  override hit(slot: number): void {
    this.list.touch(slot);
  }

  override update(slot: number): void {
    this.list.touch(slot);
  }
}

/** The end of a list. */
export const NO_SLOT = -1;

/**
 * The neighbours of every slot, for lists that share them: a slot is in at most one list. Typed arrays instead of linked
 * objects, because a cache touches them on every hit and the collector should have nothing to walk.
 */
export class SlotLinks {
  previous = new Int32Array(0);
  next = new Int32Array(0);

  /** Makes room for slots below `capacity`. */
  grow(capacity: number): void {
    this.previous = growInt32(this.previous, capacity);
    this.next = growInt32(this.next, capacity);
  }
}

/** A longer copy of an array; what is new is 0. */
export function growInt32(array: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(capacity);
  grown.set(array);
  return grown;
}

/** A doubly linked list of slots: what was touched last is at the head. */
export class SlotList {
  /** The slot touched last; {@link NO_SLOT} when empty. */
  head = NO_SLOT;
  /** The slot touched longest ago; {@link NO_SLOT} when empty. */
  tail = NO_SLOT;
  readonly #links: SlotLinks;

  constructor(links: SlotLinks) {
    this.#links = links;
  }

  /** Puts a slot that is in no list at the head. */
  push(slot: number): void {
    const { previous, next } = this.#links;
    previous[slot] = NO_SLOT;
    next[slot] = this.head;
    if (this.head === NO_SLOT) this.tail = slot;
    else previous[this.head] = slot;
    this.head = slot;
  }

  /** Takes a slot of this list out of it. */
  remove(slot: number): void {
    const { previous, next } = this.#links;
    const before = previous[slot] as number;
    const after = next[slot] as number;
    if (before === NO_SLOT) this.head = after;
    else next[before] = after;
    if (after === NO_SLOT) this.tail = before;
    else previous[after] = before;
  }

  /** Puts a slot of this list at the head. */
  touch(slot: number): void {
    if (this.head === slot) return;
    // As remove and push, but known not to be at the head: this runs on every hit.
    const { previous, next } = this.#links;
    const before = previous[slot] as number;
    const after = next[slot] as number;
    next[before] = after;
    if (after === NO_SLOT) this.tail = before;
    else previous[after] = before;
    previous[slot] = NO_SLOT;
    next[slot] = this.head;
    previous[this.head] = slot;
    this.head = slot;
  }

  /** Forgets all slots. */
  clear(): void {
    this.head = NO_SLOT;
    this.tail = NO_SLOT;
  }
}

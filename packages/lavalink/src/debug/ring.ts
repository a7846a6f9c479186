/** The latest so many of a list; older ones are dropped and counted. */
export interface Ring<Item> {
  readonly dropped: number;
  push(item: Item): void;
  /** Oldest first. */
  items(): readonly Item[];
  clear(): void;
}

/** Builds an empty {@link Ring}. */
export function createRing<Item>(limit: number): Ring<Item> {
  const slots: Item[] = [];
  // Where the oldest stands once all slots are taken.
  let oldest = 0;
  let dropped = 0;
  return {
    get dropped() {
      return dropped;
    },
    push(item) {
      if (slots.length < limit) {
        slots.push(item);
        return;
      }
      slots[oldest] = item;
      oldest = (oldest + 1) % limit;
      dropped++;
    },
    items: () => [...slots.slice(oldest), ...slots.slice(0, oldest)],
    clear() {
      slots.length = 0;
      oldest = 0;
      dropped = 0;
    },
  };
}

/** Lists and their weights. */
interface Weighted<T> {
  readonly items: readonly T[];
  readonly weight: number;
}

/** Takes turns among lists, each as often as its weight says, and leaves out what came already, by `keyOf`. */
export function interleave<T>(lists: readonly Weighted<T>[], keyOf: (item: T) => string): T[] {
  const states = lists.map((list) => ({ ...list, next: 0, taken: 0 }));
  const seen = new Set<string>();
  const result: T[] = [];
  for (;;) {
    const open = states.filter(({ items, next }) => next < items.length);
    // The one that is furthest behind its share; among equals the earliest.
    const [turn] = open.sort((left, right) => left.taken / left.weight - right.taken / right.weight);
    if (turn === undefined) return result;
    const item = turn.items[turn.next++] as T;
    if (seen.has(keyOf(item))) continue;
    seen.add(keyOf(item));
    turn.taken++;
    result.push(item);
  }
}

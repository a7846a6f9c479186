/** Room that a moved list gets beyond its length, so that the next appends stay in place. */
const SLACK_RATIO = 1.5;
const SMALLEST_SLACK = 4;

/**
 * Lists of numbers, one for each node, in one typed array: list `n` is `pool[starts[n]] … pool[starts[n] + lengths[n] - 1]`.
 * Compact when built at once, and able to grow by one entry at a time: a list that is full moves to the end of the pool.
 */
export class Adjacency {
  starts: Int32Array;
  lengths: Int32Array;
  pool: Int32Array;
  nodeCount: number;
  /** The length of the longest list there has been. */
  longest = 0;
  #capacities: Int32Array;
  #poolEnd: number;

  constructor(lengths: Int32Array, pool: Int32Array) {
    this.nodeCount = lengths.length;
    this.lengths = lengths;
    this.#capacities = lengths.slice();
    this.pool = pool;
    this.starts = new Int32Array(lengths.length);
    let start = 0;
    for (let node = 0; node < lengths.length; node++) {
      this.starts[node] = start;
      start += lengths[node] as number;
      this.longest = Math.max(this.longest, lengths[node] as number);
    }
    this.#poolEnd = start;
  }

  /** The entries of a node, as a view that later appends may leave behind. */
  list(node: number): Int32Array {
    const start = this.starts[node] as number;
    return this.pool.subarray(start, start + (this.lengths[node] as number));
  }

  /** Adds a node with an empty list and returns its number. */
  addNode(): number {
    if (this.nodeCount === this.starts.length) {
      const size = Math.max(16, this.nodeCount * 2);
      this.starts = grown(this.starts, size);
      this.lengths = grown(this.lengths, size);
      this.#capacities = grown(this.#capacities, size);
    }
    return this.nodeCount++;
  }

  /** Adds an entry at the end of a node's list. */
  append(node: number, entry: number): void {
    const length = this.lengths[node] as number;
    if (length === this.#capacities[node]) this.#move(node, length);
    this.pool[(this.starts[node] as number) + length] = entry;
    this.lengths[node] = length + 1;
    this.longest = Math.max(this.longest, length + 1);
  }

  /** Moves an entry to the end of a node's list; the others keep their order. */
  moveToEnd(node: number, entry: number): void {
    const list = this.list(node);
    const index = list.indexOf(entry);
    if (index === -1) return;
    list.copyWithin(index, index + 1);
    list[list.length - 1] = entry;
  }

  /** The same lists without the room for growing, for a snapshot. */
  compact(): { readonly lengths: Int32Array; readonly pool: Int32Array } {
    const lengths = this.lengths.slice(0, this.nodeCount);
    const pool = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
    let end = 0;
    for (let node = 0; node < this.nodeCount; node++) {
      pool.set(this.list(node), end);
      end += lengths[node] as number;
    }
    return { lengths, pool };
  }

  #move(node: number, length: number): void {
    const capacity = Math.max(SMALLEST_SLACK, Math.ceil(length * SLACK_RATIO));
    if (this.#poolEnd + capacity > this.pool.length) {
      this.pool = grown(this.pool, Math.ceil((this.#poolEnd + capacity) * SLACK_RATIO));
    }
    this.pool.copyWithin(this.#poolEnd, this.starts[node] as number, (this.starts[node] as number) + length);
    this.starts[node] = this.#poolEnd;
    this.#capacities[node] = capacity;
    this.#poolEnd += capacity;
  }
}

function grown(array: Int32Array, size: number): Int32Array {
  const larger = new Int32Array(size);
  larger.set(array);
  return larger;
}

/** The lists the other way round: who has each entry. Entries are from 0 to `entryCount` - 1. */
export function transpose(lists: Adjacency, entryCount: number): Adjacency {
  const lengths = new Int32Array(entryCount);
  for (let node = 0; node < lists.nodeCount; node++) {
    for (const entry of lists.list(node)) lengths[entry] = (lengths[entry] as number) + 1;
  }
  const pool = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  const ends = new Int32Array(entryCount);
  for (let entry = 1; entry < entryCount; entry++)
    ends[entry] = (ends[entry - 1] as number) + (lengths[entry - 1] as number);
  for (let node = 0; node < lists.nodeCount; node++) {
    for (const entry of lists.list(node)) {
      const end = ends[entry] as number;
      pool[end] = node;
      ends[entry] = end + 1;
    }
  }
  return new Adjacency(lengths, pool);
}

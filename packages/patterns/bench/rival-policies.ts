/** A cache of a bounded number of keys, as small as can be: only to compare hit ratios. */
export interface RivalPolicy {
  /** Looks a key up and stores it when it is not there; true for a hit. */
  access(key: number): boolean;
}

interface SieveNode {
  readonly key: number;
  isVisited: boolean;
  newer: SieveNode | undefined;
  older: SieveNode | undefined;
}

/**
 * SIEVE.
 *
 * @see Zhang, Yang, Yue, Vigfusson, Rashmi: "SIEVE is Simpler than LRU", NSDI 2024
 */
export function createSieve(capacity: number): RivalPolicy {
  const nodes = new Map<number, SieveNode>();
  let head: SieveNode | undefined;
  let tail: SieveNode | undefined;
  let hand: SieveNode | undefined;
  const evict = () => {
    let node = hand ?? tail;
    while (node?.isVisited === true) {
      node.isVisited = false;
      node = node.newer ?? tail;
    }
    if (node === undefined) return;
    hand = node.newer;
    nodes.delete(node.key);
    if (node.newer === undefined) head = node.older;
    else node.newer.older = node.older;
    if (node.older === undefined) tail = node.newer;
    else node.older.newer = node.newer;
  };
  return {
    access(key) {
      const found = nodes.get(key);
      if (found !== undefined) {
        found.isVisited = true;
        return true;
      }
      if (nodes.size >= capacity) evict();
      const node: SieveNode = { key, isVisited: false, newer: undefined, older: head };
      if (head !== undefined) head.newer = node;
      head = node;
      tail ??= node;
      nodes.set(key, node);
      return false;
    },
  };
}

/** A first-in first-out queue of keys with use counts. */
type CountedQueue = Map<number, number>;

function takeOldest(queue: CountedQueue): [number, number] {
  const [oldest] = queue as Iterable<[number, number]>;
  if (oldest === undefined) throw new Error("the queue is empty");
  queue.delete(oldest[0]);
  return oldest;
}

/**
 * S3-FIFO with the paper's parameters: a small queue of a tenth, a ghost queue as long as the main one.
 *
 * @see Yang, Zhang, Qiu, Yue, Rashmi: "FIFO Queues are All You Need for Cache Eviction", SOSP 2023
 */
export function createS3Fifo(capacity: number): RivalPolicy {
  const small: CountedQueue = new Map();
  const main: CountedQueue = new Map();
  const ghosts: CountedQueue = new Map();
  const smallLimit = Math.max(1, Math.floor(capacity / 10));
  const mainLimit = capacity - smallLimit;
  const evictMain = () => {
    for (;;) {
      const [key, uses] = takeOldest(main);
      if (uses === 0) return;
      main.set(key, uses - 1);
    }
  };
  const evictSmall = () => {
    while (small.size > 0) {
      const [key, uses] = takeOldest(small);
      if (uses > 1) {
        if (main.size >= mainLimit) evictMain();
        main.set(key, 0);
      } else {
        ghosts.set(key, 0);
        if (ghosts.size > mainLimit) takeOldest(ghosts);
        return;
      }
    }
  };
  return {
    access(key) {
      for (const queue of [small, main]) {
        const uses = queue.get(key);
        if (uses === undefined) continue;
        queue.set(key, Math.min(3, uses + 1));
        return true;
      }
      if (small.size + main.size >= capacity) {
        if (small.size >= smallLimit || main.size === 0) evictSmall();
        else evictMain();
      }
      if (ghosts.delete(key)) {
        if (main.size >= mainLimit) evictMain();
        main.set(key, 0);
      } else small.set(key, 0);
      return false;
    },
  };
}

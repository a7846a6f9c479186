import { abortReason } from "./abort.ts";

/** What happens to an item that finds the queue full. */
export type OverflowRule = "drop-oldest" | "drop-newest";

/** Options of {@link createBoundedQueue}. */
export interface BoundedQueueOptions<T> {
  /** The most items that wait at once; at least 1. */
  readonly limit: number;
  /** What gives way when it is full. Defaults to `drop-oldest`. */
  readonly overflow?: OverflowRule;
  /** Told about each dropped item. */
  readonly onDrop?: (item: T) => void;
}

/** A first-in first-out queue with a bound that one or more consumers await; `undefined` means its end, so it is no item. */
export interface BoundedQueue<T> extends AsyncIterable<T> {
  /** Adds an item; false when it was refused (queue closed, or full under `drop-newest`). */
  push(item: T): boolean;
  /** The next item at once, or undefined. */
  poll(): T | undefined;
  /** Waits for the next item; undefined when the queue has closed and is empty. */
  take(options?: { readonly signal?: AbortSignal | undefined }): Promise<T | undefined>;
  /** Ends the queue: waiting consumers get what is left, then undefined. */
  close(): void;
  /** How many items wait. */
  readonly size: number;
  /** How many items were dropped so far. */
  readonly dropped: number;
  /** Whether `close` was called. */
  readonly closed: boolean;
}

/** Builds a {@link BoundedQueue}; throws a RangeError for a limit below 1. */
export function createBoundedQueue<T>(options: BoundedQueueOptions<T>): BoundedQueue<T> {
  const { limit, overflow = "drop-oldest", onDrop } = options;
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError(`createBoundedQueue: limit must be a whole number from 1, not ${limit}`);
  // A ring buffer that grows up to the limit, so that taking from the head never moves the rest.
  let ring: (T | undefined)[] = Array.from({ length: Math.min(limit, 16) });
  let head = 0;
  let size = 0;
  let dropped = 0;
  let closed = false;
  const waiting: ((item: T | undefined) => void)[] = [];

  const shift = (): T | undefined => {
    if (size === 0) return undefined;
    const item = ring[head];
    ring[head] = undefined;
    head = (head + 1) % ring.length;
    size--;
    return item;
  };
  const grow = () => {
    const larger: (T | undefined)[] = Array.from({ length: Math.min(limit, ring.length * 2) });
    for (let index = 0; index < size; index++) larger[index] = ring[(head + index) % ring.length];
    ring = larger;
    head = 0;
  };
  const append = (item: T) => {
    if (size === ring.length) grow();
    ring[(head + size) % ring.length] = item;
    size++;
  };
  const drop = (item: T) => {
    dropped++;
    onDrop?.(item);
  };

  const queue: BoundedQueue<T> = {
    push(item) {
      if (closed) return false;
      const consumer = waiting.shift();
      if (consumer !== undefined) {
        consumer(item);
        return true;
      }
      if (size < limit) {
        append(item);
        return true;
      }
      if (overflow === "drop-newest") {
        drop(item);
        return false;
      }
      // The queue is whole again before `onDrop` runs, because `onDrop` may push.
      const oldest = shift() as T;
      append(item);
      drop(oldest);
      return true;
    },
    poll: shift,
    take({ signal } = {}) {
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      if (size > 0) return Promise.resolve(shift());
      if (closed) return Promise.resolve(undefined);
      return new Promise((resolve, reject) => {
        const consumer = (item: T | undefined) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(item);
        };
        const onAbort = () => {
          waiting.splice(waiting.indexOf(consumer), 1);
          reject(abortReason(signal as AbortSignal));
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.push(consumer);
      });
    },
    close() {
      closed = true;
      for (const consumer of waiting.splice(0)) consumer(undefined);
    },
    async *[Symbol.asyncIterator]() {
      for (let item = await queue.take(); item !== undefined; item = await queue.take()) yield item;
    },
    get size() {
      return size;
    },
    get dropped() {
      return dropped;
    },
    get closed() {
      return closed;
    },
  };
  return queue;
}

import { createBoundedQueue } from "./bounded-queue.ts";

interface EventStreamOptions<Event> {
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
  readonly onDrop: (event: Event) => void;
  readonly onEnd: () => void;
}

/** One reader's view of an emitter: a bounded queue behind an iterator. */
export interface EventStream<Event> {
  readonly iterator: AsyncIterableIterator<Event>;
  push(event: Event): void;
  /** Lets the reader have what waits, and then end. */
  end(): void;
}

/** Builds an {@link EventStream} that ends by itself when its signal aborts or its reader leaves. */
export function createEventStream<Event>(options: EventStreamOptions<Event>): EventStream<Event> {
  const { limit, signal, onDrop, onEnd } = options;
  const queue = createBoundedQueue<Event>({ limit, onDrop });
  const end = () => {
    queue.close();
    signal?.removeEventListener("abort", end);
    onEnd();
  };
  signal?.addEventListener("abort", end, { once: true });
  const iterator: AsyncIterableIterator<Event> = {
    async next() {
      const value = await queue.take();
      return value === undefined ? { done: true, value: undefined } : { done: false, value };
    },
    return() {
      end();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return { iterator, push: (event) => void queue.push(event), end };
}

import { withSignal } from "./abort.ts";

/** Runs tasks of one key one after another, in the order they came, and tasks of different keys side by side. */
export interface KeyedMutex<Key> {
  /** Runs `task` when every earlier task of this key has settled; rejects at once, without running it, when the signal aborts before. */
  run<T>(key: Key, task: () => Promise<T> | T, options?: { readonly signal?: AbortSignal | undefined }): Promise<T>;
  /** How many keys have a task running or waiting. */
  readonly size: number;
}

/** Builds a {@link KeyedMutex}. */
export function createKeyedMutex<Key>(): KeyedMutex<Key> {
  const tails = new Map<Key, Promise<unknown>>();
  return {
    run(key, task, { signal } = {}) {
      const previous = tails.get(key) ?? Promise.resolve();
      const result = withSignal(previous, signal).then(task);
      // A task that gave up waiting has settled while the one before it still runs; the next must wait for both.
      const tail = Promise.allSettled([previous, result]);
      tails.set(key, tail);
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      return result;
    },
    get size() {
      return tails.size;
    },
  };
}

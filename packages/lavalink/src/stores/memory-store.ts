import type { StateStore } from "./state-store.ts";

/** Builds a {@link StateStore} that lasts as long as the process; for tests, and for several clients in a row. */
export function createMemoryStore(): StateStore {
  const kept = new Map<string, string>();
  const close = () => Promise.resolve();
  return {
    entries: () => Promise.resolve(new Map(kept)),
    set: (key, value) => Promise.resolve(void kept.set(key, value)),
    delete: (key) => Promise.resolve(void kept.delete(key)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

import type { Clock } from "@antiphon/std";
import type { CacheEntry, CacheLevel } from "./cache-level.ts";
import type { CacheStrategy } from "./eviction/eviction-policy.ts";
import { createMemoryCache } from "./memory-cache.ts";

/** Options of {@link createMemoryLevel}. */
export interface MemoryLevelOptions {
  /** The rule by which entries are evicted. Defaults to `adaptive`. */
  readonly strategy?: CacheStrategy | undefined;
  /** The most entries; at least 1. Defaults to 1,000, or to no bound when there is `maxBytes`. */
  readonly maxEntries?: number | undefined;
  /** The most bytes of all values together, as `sizeOf` counts them. */
  readonly maxBytes?: number | undefined;
  /** The bytes of a value. Defaults to the length of binary data and, for the rest, twice the length of its JSON text. */
  readonly sizeOf?: ((value: unknown) => number) | undefined;
  /** Where the time is read. */
  readonly clock?: Clock | undefined;
}

function estimateBytes(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value === "string") return 2 * value.length;
  return 2 * (JSON.stringify(value) ?? "").length;
}

/** A {@link CacheLevel} in this process's memory, which keeps the values themselves: who changes one changes it for all. */
export function createMemoryLevel(options: MemoryLevelOptions = {}): CacheLevel {
  const { sizeOf = estimateBytes } = options;
  const keysOfTag = new Map<string, Set<string>>();
  const forget = (key: string, { tags }: CacheEntry) => {
    for (const tag of tags) {
      const keys = keysOfTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) keysOfTag.delete(tag);
    }
  };
  const cache = createMemoryCache<string, CacheEntry>({
    ...options,
    sizeOf: ({ value }) => sizeOf(value),
    onRemove: forget,
  });
  return {
    name: "memory",
    get: (key) => cache.get(key),
    set(key, entry) {
      if (!cache.set(key, entry, { expiresAtMs: entry.expiresAtMs })) return;
      for (const tag of entry.tags) {
        const keys = keysOfTag.get(tag);
        if (keys === undefined) keysOfTag.set(tag, new Set([key]));
        else keys.add(key);
      }
    },
    delete: (key) => cache.delete(key),
    deleteTag(tag) {
      for (const key of keysOfTag.get(tag) ?? []) cache.delete(key);
    },
    clear: () => cache.clear(),
    stats() {
      const { sizeBytes, maxBytes, rejections: _, ...rest } = cache.stats();
      return { name: "memory", ...rest, sizeBytes: maxBytes === null ? null : sizeBytes, maxBytes, failures: 0 };
    },
    close() {
      cache.clear();
      return Promise.resolve();
    },
  };
}

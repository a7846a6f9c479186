import type { CacheLevel, LevelStats } from "./cache-level.ts";
import { hashKey } from "./hash-key.ts";

/** Spreads numbers that differ in little over all bits. @see MurmurHash3's finaliser, by Austin Appleby (public domain) */
function scatter(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const sum = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((total, value) => (total === null || value === null ? null : total + value), 0);

/**
 * One level out of several servers that share the keys among them: each key has its home by rendezvous hashing, so that a server more or
 * less moves only its own share. A server that is away takes only its own keys with it.
 *
 * @see Thaler, Ravishankar: "Using name-based mappings to increase hit rates", 1998
 */
export function createShardedLevel(
  name: string,
  shards: readonly { readonly address: string; readonly level: CacheLevel }[],
): CacheLevel {
  const weighted = shards.map(({ address, level }) => ({ level, seed: hashKey(address) }));
  const homeOf = (key: string): CacheLevel => {
    const hash = hashKey(key);
    const weigh = (seed: number) => scatter(hash ^ seed);
    return weighted.reduce((best, each) => (weigh(each.seed) > weigh(best.seed) ? each : best)).level;
  };
  const levels = shards.map(({ level }) => level);
  /** On all, also when one fails: what the others hold must go all the same. */
  const onAll = async (act: (level: CacheLevel) => unknown) => {
    const results = await Promise.allSettled(levels.map(async (level) => act(level)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  };
  return {
    name,
    get: (key) => homeOf(key).get(key),
    set: (key, entry) => homeOf(key).set(key, entry),
    delete: (key) => homeOf(key).delete(key),
    deleteTag: (tag) => onAll((level) => level.deleteTag(tag)),
    clear: () => onAll((level) => level.clear()),
    stats(): LevelStats {
      const all = levels.map((level) => level.stats());
      const total = (field: "hits" | "misses" | "evictions" | "failures") =>
        all.reduce((count, stats) => count + stats[field], 0);
      const [hits, misses] = [total("hits"), total("misses")];
      return {
        name,
        hits,
        misses,
        hitRatio: hits + misses === 0 ? 0 : hits / (hits + misses),
        evictions: total("evictions"),
        failures: total("failures"),
        expirations: sum(all.map(({ expirations }) => expirations)),
        entries: sum(all.map(({ entries }) => entries)),
        maxEntries: sum(all.map(({ maxEntries }) => maxEntries)),
        sizeBytes: sum(all.map(({ sizeBytes }) => sizeBytes)),
        maxBytes: sum(all.map(({ maxBytes }) => maxBytes)),
      };
    },
    onInvalidate(listener) {
      const stack = new DisposableStack();
      for (const level of levels) {
        const listening = level.onInvalidate?.(listener);
        if (listening !== undefined) stack.use(listening);
      }
      return stack;
    },
    close: () => onAll((level) => level.close()),
  };
}

import { createMemoryCache, type CacheStrategy } from "@antiphon/patterns/cache";
import { createSeededRandom } from "@antiphon/std";
import { LRUCache } from "lru-cache";

// A process of its own, so that no cache runs on code that was compiled for another one. Prints the CPU time of one get-or-set in
// microseconds, the best of its rounds.

const ENTRIES = 10_000;
const KEYS = 100_000;
const LOOKUPS = 500_000;
const EXPONENT = 0.99;

/** Keys as a bot has them, drawn from a Zipf distribution. */
function drawKeys(): string[] {
  const random = createSeededRandom(8);
  let sum = 0;
  const cumulated = Float64Array.from({ length: KEYS }, (_, rank) => (sum += 1 / (rank + 1) ** EXPONENT));
  const names = Array.from({ length: KEYS }, (_, rank) => `track:${rank}`);
  return Array.from({ length: LOOKUPS }, () => {
    const target = random.next() * sum;
    let low = 0;
    let high = KEYS - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] as number) < target) low = middle + 1;
      else high = middle;
    }
    return names[low] as string;
  });
}

interface GetSet {
  get(key: string): string | undefined;
  set(key: string, value: string): unknown;
}

function lookUpAll(cache: GetSet, keys: readonly string[]): number {
  const before = process.cpuUsage();
  for (const key of keys) if (cache.get(key) === undefined) cache.set(key, key);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / keys.length;
}

const [, , contender = "", rounds = "5"] = process.argv;
const cache: GetSet =
  contender === "lru-cache"
    ? new LRUCache<string, string>({ max: ENTRIES })
    : createMemoryCache<string, string>({ strategy: contender as CacheStrategy, maxEntries: ENTRIES });
const keys = drawKeys();
const figures = Array.from({ length: Number(rounds) }, () => lookUpAll(cache, keys));
console.log(Math.min(...figures));

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { defineBench } from "@antiphon/bench";
import { createMemoryCache, type CacheStrategy } from "@antiphon/patterns/cache";
import { createS3Fifo, createSieve, type RivalPolicy } from "./rival-policies.ts";

function readLines(folder: string, name: string): number[] {
  const text = gunzipSync(readFileSync(join(folder, `${name}.trace.gz`))).toString();
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "*")
    .map(Number);
}

/** The vault trace is binary: a big-endian 64-bit key for each access. */
function readVault(folder: string): number[] {
  const bytes = gunzipSync(readFileSync(join(folder, "trace_vaultservice.gz")));
  const ids = new Map<bigint, number>();
  return Array.from({ length: bytes.length / 8 }, (_, index) => {
    const key = bytes.readBigUInt64BE(index * 8);
    const id = ids.get(key) ?? ids.size;
    ids.set(key, id);
    return id;
  });
}

/** Recency, then a loop of twice the cache's size (as the loop trace of the LIRS paper), then recency again. */
function readShift(folder: string): number[] {
  const vault = readVault(folder);
  const loop = Array.from({ length: 200_000 }, (_, index) => 1_000_000_000 + (index % 1011));
  return [...vault, ...loop, ...vault];
}

function strategyPolicy(strategy: CacheStrategy, maxEntries: number): RivalPolicy {
  const cache = createMemoryCache<number, true>({ strategy, maxEntries });
  return {
    access(key) {
      if (cache.get(key) !== undefined) return true;
      cache.set(key, true);
      return false;
    },
  };
}

function hitPercent(policy: RivalPolicy, keys: readonly number[]): number {
  let hits = 0;
  for (const key of keys) if (policy.access(key)) hits++;
  return (hits / keys.length) * 100;
}

const rivals = (capacity: number): RivalPolicy[] => [
  strategyPolicy("lru", capacity),
  strategyPolicy("lfu", capacity),
  strategyPolicy("fifo", capacity),
  createSieve(capacity),
  createS3Fifo(capacity),
];

/** The figures do not vary between rounds, so each is taken once. */
function once(measure: (folder: string) => number): (context: { readonly dataFolder: string }) => number {
  let figure: number | undefined;
  return ({ dataFolder }) => (figure ??= measure(dataFolder));
}

function hitRatio(name: string, capacity: number, read: (folder: string) => number[]) {
  return defineBench({
    name: `hit ratio of ADAPTIVE on ${name}, ${capacity} entries`,
    unit: "%",
    data: "cache-traces",
    subject: {
      name: "adaptive",
      measure: once((folder) => hitPercent(strategyPolicy("adaptive", capacity), read(folder))),
    },
    rival: {
      name: "best of LRU, LFU, FIFO, SIEVE, S3-FIFO, less 1",
      measure: once((folder) => {
        const keys = read(folder);
        return Math.max(...rivals(capacity).map((policy) => hitPercent(policy, keys))) - 1;
      }),
    },
    bar: { atLeastTimesRival: 1 },
  });
}

/** A long loop over little data. */
export const gli = hitRatio("gli", 500, (folder) => readLines(folder, "gli"));
/** Random access to two pools of very different frequency. */
export const twoPools = hitRatio("2_pools", 250, (folder) => readLines(folder, "2_pools"));
/** Three programs at once. */
export const multi2 = hitRatio("multi2", 1500, (folder) => readLines(folder, "multi2"));
/** Mostly recency. */
export const sprite = hitRatio("sprite", 500, (folder) => readLines(folder, "sprite"));
/** Nothing but recency. */
export const vaultservice = hitRatio("vaultservice", 512, readVault);

/** Recency, a loop, recency: a policy that does not change with it gets 19 %. */
export const shift = defineBench({
  name: "hit ratio of ADAPTIVE while the workload shifts, 512 entries",
  unit: "%",
  data: "cache-traces",
  subject: {
    name: "adaptive",
    measure: once((folder) => hitPercent(strategyPolicy("adaptive", 512), readShift(folder))),
  },
  rival: {
    name: "best of LRU, LFU, FIFO, SIEVE, S3-FIFO",
    measure: once((folder) => Math.max(...rivals(512).map((policy) => hitPercent(policy, readShift(folder))))),
  },
  bar: { atLeast: 37 },
  note: "vaultservice, a loop over 1,011 keys, vaultservice; the optimum is 40.6 %",
});

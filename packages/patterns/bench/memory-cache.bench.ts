import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type BenchContext } from "@antiphon/bench";

const program = fileURLToPath(new URL("get-or-set.ts", import.meta.url));

async function measure({ isQuick }: BenchContext, contender: string): Promise<number> {
  const { output } = await measureProcess(program, [contender, isQuick ? "4" : "10"]);
  return Number(output);
}

function getOrSet(strategy: "lru" | "adaptive", atMostTimesRival: number) {
  return defineBench({
    name: `memory cache get-or-set, Zipf 0.99, 10,000 entries, ${strategy.toUpperCase()}`,
    unit: "µs CPU/op",
    subject: { name: `createMemoryCache ${strategy}`, measure: (context) => measure(context, strategy) },
    rival: { name: "lru-cache", version: "11.5.3", measure: (context) => measure(context, "lru-cache") },
    bar: { atMostTimesRival },
    note: "each in a process of its own, the best round of each",
  });
}

/** At least lru-cache's throughput. */
export const lru = getOrSet("lru", 1);
/** At least 0.7 of lru-cache's throughput. */
export const adaptive = getOrSet("adaptive", 1.428);

import { AdaptivePolicy } from "./adaptive-policy.ts";
import type { CacheStrategy, EvictionPolicy, SlotTable } from "./eviction-policy.ts";
import { LfuPolicy } from "./lfu-policy.ts";
import { FifoPolicy, LruPolicy } from "./list-policy.ts";
import { TtlPolicy } from "./ttl-policy.ts";

const policies: Readonly<Record<CacheStrategy, (table: SlotTable) => EvictionPolicy>> = {
  lru: () => new LruPolicy(),
  lfu: () => new LfuPolicy(),
  fifo: () => new FifoPolicy(),
  ttl: (table) => new TtlPolicy(table),
  adaptive: (table) => new AdaptivePolicy(table),
};

/** Builds the policy of a strategy. */
export function createPolicy(strategy: CacheStrategy, table: SlotTable): EvictionPolicy {
  return policies[strategy](table);
}

import type { Layout } from "./layout.ts";

/** What a `DiscordGatewayRole` tells. `shardCount` tells shards of the same id apart while the bot is resharded. */
export type GatewayRoleEvent =
  /** This process runs the shard now; `from` did before and is gone. */
  | {
      readonly type: "shardAcquired";
      readonly shardId: number;
      readonly shardCount: number;
      readonly from: string | null;
    }
  /** The shard's session has begun or goes on. */
  | { readonly type: "shardReady"; readonly shardId: number; readonly shardCount: number }
  /** Another process runs the shard, or shall, or the bot consists of other shards now. */
  | { readonly type: "shardEnded"; readonly shardId: number; readonly shardCount: number }
  /** Some gateway process has begun to change the number of shards. */
  | { readonly type: "reshardStarted"; readonly from: number; readonly to: number }
  /** The new shards are in charge, and the old ones gone. */
  | { readonly type: "resharded"; readonly from: number; readonly to: number }
  /** The bot keeps the shards it had. */
  | { readonly type: "reshardFailed"; readonly from: number; readonly to: number; readonly problem: string };

/** Tells of what happens to the number of shards, given each layout that stands in the table. */
export function createReshardNews(emit: (event: GatewayRoleEvent) => void): (layout: Layout) => void {
  let before: Layout | undefined;
  /** How many shards the bot had before those that are in charge, until they are gone. */
  let replaced: number | undefined;
  return (layout) => {
    const { shardCount, next, ending } = layout;
    const known = before ?? layout;
    before = layout;
    if (next !== undefined && layout.newest > known.newest)
      emit({ type: "reshardStarted", from: shardCount, to: next.shardCount });
    if (ending?.problem !== undefined && ending.generation !== known.ending?.generation)
      emit({ type: "reshardFailed", from: shardCount, to: ending.shardCount, problem: ending.problem });
    if (layout.generation > known.generation) replaced = known.shardCount;
    if (replaced === undefined || ending !== undefined) return;
    emit({ type: "resharded", from: replaced, to: shardCount });
    replaced = undefined;
  };
}

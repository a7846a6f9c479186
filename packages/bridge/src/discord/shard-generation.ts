import type { Clock, Logger, Random } from "@antiphon/std";
import type { BusTransport } from "../bus/bus-transport.ts";
import type { KeyValueStore } from "../bus/key-value.ts";
import { generationTable } from "./generation-table.ts";
import type { BusIdentifyGate } from "./identify-gate.ts";
import { openOwnership } from "./ownership.ts";
import { shardKey } from "./shard-record.ts";
import { serveShard, type OpenShardOptions, type ShardConnection, type ShardCounts } from "./shard-service.ts";
import type { GenerationState } from "./shard-turnover.ts";

/** What the shards of this process have in common, whatever their generation. */
export interface ProcessParts {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly table: KeyValueStore;
  /** The name of this process. */
  readonly member: string;
  readonly laneCount: number;
  readonly leaseMs: number;
  readonly identifyGate: BusIdentifyGate;
  readonly openShard: (options: OpenShardOptions) => ShardConnection;
  readonly counts: ShardCounts;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Options of {@link openShardGeneration}. */
export interface ShardGenerationOptions extends ProcessParts {
  readonly shardCount: number;
  readonly state: GenerationState;
  readonly onAcquired: (shardId: number, from: string | null) => void;
  readonly onReady: (shardId: number) => void;
  readonly onEnded: (shardId: number) => void;
  /** Told that Discord will not have a shard. */
  readonly onFatal: (error: unknown) => void;
}

/** This process' part of the shards of one generation. */
export interface ShardGeneration {
  readonly shards: readonly number[];
  /** Gateway processes that share in it, this one included. */
  readonly members: number;
  /** Ends its shards and gives them back; idempotent. */
  close(): Promise<void>;
}

/** Takes this process' part of the shards of a generation. */
export async function openShardGeneration(options: ShardGenerationOptions): Promise<ShardGeneration> {
  const { table, member, shardCount, laneCount, state, leaseMs, clock, random, logger } = options;
  const shardIds = new Map(Array.from({ length: shardCount }, (_, id) => [shardKey(id), id]));
  const shardOf = (key: string) => shardIds.get(key) as number;
  const ownership = await openOwnership({
    table: generationTable(table, state.generation),
    member,
    keys: [...shardIds.keys()],
    leaseMs,
    clock,
    random,
    logger,
    onAcquired: (key, from) => options.onAcquired(shardOf(key), from),
    onEnded: (key) => options.onEnded(shardOf(key)),
    serve(lease, giveUp) {
      const shardId = shardOf(lease.key);
      const layout = { shardCount, laneCount };
      return serveShard(lease, giveUp, {
        ...options,
        shardId,
        layout,
        generation: state,
        onReady: () => options.onReady(shardId),
      });
    },
  });
  return {
    get shards() {
      return ownership.owned.map(shardOf).sort((left, right) => left - right);
    },
    get members() {
      return ownership.members;
    },
    close: () => ownership.close(),
  };
}

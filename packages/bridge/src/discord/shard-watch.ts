import type { UserId } from "@antiphon/protocol/discord";
import { withSignal } from "@antiphon/std";
import type { KeyValueStore } from "../bus/key-value.ts";
import { BridgeError } from "../error.ts";
import { readShardKey } from "./generation-table.ts";
import { LAYOUT_KEY, readLayout, type Layout } from "./layout.ts";
import { decodeLeaseRecord } from "./lease.ts";
import { readShardRecord, type ShardRecord } from "./shard-record.ts";

/** A shard as it was last seen in the table. */
export interface SeenShard extends ShardRecord {
  /** The process that runs it; null for none. */
  readonly owner: string | null;
}

/** What is known of the bot's shards, kept up to date. */
export interface ShardWatch {
  /** How the bot is divided; undefined until a gateway has said it. */
  readonly layout: Layout | undefined;
  /** The shards of a generation, by id. */
  shardsOf(generation: number): ReadonlyMap<number, SeenShard>;
  /** Resolves with what this gives once that is something; asked again after each change. @throws BridgeError BRIDGE_CLOSED */
  until<Result>(given: () => Result | undefined, signal?: AbortSignal): Promise<Result>;
  /** Resolves after the next change. @throws BridgeError BRIDGE_CLOSED */
  changed(signal?: AbortSignal): Promise<void>;
  /** The bot's own user; undefined while no shard has been ready. */
  readonly botUserId: UserId | undefined;
  /** As `botUserId`. @throws BridgeError BRIDGE_NOT_CONNECTED while no shard has been ready */
  readonly userId: UserId;
  /** Mean of the shards' latencies; undefined while none is known. */
  readonly latencyMs: number | undefined;
  close(): Promise<void>;
}

/** Options of {@link openShardWatch}. */
export interface ShardWatchOptions {
  /** Told of each layout. */
  readonly onLayout?: (layout: Layout) => void;
}

/** Opens a {@link ShardWatch} on the table of shards. */
export async function openShardWatch(table: KeyValueStore, { onLayout }: ShardWatchOptions = {}): Promise<ShardWatch> {
  const generations = new Map<number, Map<number, SeenShard>>();
  let layout: Layout | undefined;
  let change = Promise.withResolvers<void>();
  const watcher = await table.watch(({ key, value }) => {
    const place = readShardKey(key);
    if (place !== undefined) {
      const { generation, shardId } = place;
      const shards = generations.get(generation) ?? new Map<number, SeenShard>();
      generations.set(generation, shards);
      if (value === null) shards.delete(shardId);
      else {
        const { owner, data } = decodeLeaseRecord(value);
        shards.set(shardId, { ...readShardRecord(data), owner });
      }
      if (shards.size === 0) generations.delete(generation);
    } else if (key === LAYOUT_KEY && value !== null) {
      const next = readLayout(value);
      if (next === undefined) return;
      layout = next;
      onLayout?.(next);
    } else return;
    change.resolve();
    change = Promise.withResolvers();
  });
  const standing = () => [...(generations.get(layout?.generation ?? 0)?.values() ?? [])];
  const closed = new AbortController();

  const watch: ShardWatch = {
    get layout() {
      return layout;
    },
    shardsOf: (generation) => generations.get(generation) ?? new Map(),
    async until(given, signal) {
      for (;;) {
        const result = given();
        if (result !== undefined) return result;
        await watch.changed(signal);
      }
    },
    changed: (signal) =>
      withSignal(change.promise, signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal])),
    get botUserId() {
      return standing().find(({ userId }) => userId !== undefined)?.userId;
    },
    get userId() {
      const { botUserId } = watch;
      if (botUserId !== undefined) return botUserId;
      throw new BridgeError("BRIDGE_NOT_CONNECTED", "userId: no shard of the bot has been ready yet.", {
        retryable: true,
      });
    },
    get latencyMs() {
      const latencies = standing()
        .map(({ latencyMs }) => latencyMs)
        .filter((value) => value !== undefined);
      return latencies.length === 0 ? undefined : latencies.reduce((sum, value) => sum + value, 0) / latencies.length;
    },
    async close() {
      closed.abort(new BridgeError("BRIDGE_CLOSED", "This process is no longer part of the bot."));
      await watcher.close();
    },
  };
  return watch;
}

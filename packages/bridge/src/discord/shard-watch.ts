import type { UserId } from "@antiphon/protocol/discord";
import { withSignal } from "@antiphon/std";
import { decodeJson } from "../bot/bot-envelope.ts";
import type { KeyValueStore } from "../bus/key-value.ts";
import { BridgeError } from "../error.ts";
import { decodeLeaseRecord } from "./lease.ts";
import { LAYOUT_KEY, layoutSchema, readShardRecord, type Layout, type ShardRecord } from "./shard-record.ts";

/** What a worker knows of the bot's shards. */
export interface ShardWatch {
  /** Resolves when a gateway has said how the bot is divided. */
  layout(signal: AbortSignal | undefined): Promise<Layout>;
  /** The bot's own user. @throws BridgeError BRIDGE_NOT_CONNECTED while no shard has been ready */
  readonly userId: UserId;
  /** Mean of the shards' latencies; undefined while none is known. */
  readonly latencyMs: number | undefined;
  close(): Promise<void>;
}

/** Opens a {@link ShardWatch} on the table of shards. */
export async function openShardWatch(table: KeyValueStore): Promise<ShardWatch> {
  const records = new Map<string, ShardRecord>();
  const known = Promise.withResolvers<Layout>();
  const watcher = await table.watch(({ key, value }) => {
    if (value === null) return void records.delete(key);
    if (key.startsWith("shard.")) return void records.set(key, readShardRecord(decodeLeaseRecord(value).data));
    if (key !== LAYOUT_KEY) return;
    const layout = layoutSchema.safeParse(decodeJson(value));
    if (layout.success) known.resolve(layout.data);
  });
  return {
    layout: (signal) => withSignal(known.promise, signal),
    get userId() {
      for (const { userId } of records.values()) if (userId !== undefined) return userId as UserId;
      throw new BridgeError("BRIDGE_NOT_CONNECTED", "userId: no shard of the bot has been ready yet.", {
        retryable: true,
      });
    },
    get latencyMs() {
      const latencies = [...records.values()].map(({ latencyMs }) => latencyMs).filter((value) => value !== undefined);
      return latencies.length === 0 ? undefined : latencies.reduce((sum, value) => sum + value, 0) / latencies.length;
    },
    close: () => watcher.close(),
  };
}

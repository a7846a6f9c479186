import { createKeyedMutex, systemClock, type Clock } from "@antiphon/std";
import { z } from "zod";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import type { KeyValueEntry, KeyValueStore } from "../bus/key-value.ts";
import { isBridgeFailure } from "./lease.ts";

/** Options of {@link createBusIdentifyGate}. */
export interface BusIdentifyGateOptions {
  /** Where the turns are kept: one table for all processes of the bot. */
  readonly table: KeyValueStore;
  /** How many shards may identify in the same window, as `GET /gateway/bot` says. */
  readonly maximumConcurrency: number;
  /** Discord's five seconds, and a little for an identify that travels faster than the one before. Defaults to 5,250 ms. */
  readonly windowMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Lets shards of any number of processes identify no faster than Discord allows; the `IdentifyGate` of `@antiphon/gateway`. */
export interface BusIdentifyGate {
  /** Resolves when it is this shard's turn, or rejects with the signal's reason. */
  acquire(shardId: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

const turnSchema = z.looseObject({ free: z.boolean() });

/** What cannot be read counts as taken: to wait costs seconds, to identify too fast costs the session. */
function isFree({ value }: KeyValueEntry): boolean {
  try {
    return turnSchema.parse(decodeJson(value)).free;
  } catch {
    return false;
  }
}

/**
 * Builds a {@link BusIdentifyGate}. A turn is a change of the key `identify.{shardId % maximumConcurrency}`; the next one may take
 * it when that change is a window old by its own clock, or has been cleared. So no clocks are compared, and a process that dies in its
 * turn holds nobody up for longer than a window.
 *
 * @see [Discord Docs/Gateway, "Max Concurrency"]
 */
export function createBusIdentifyGate(options: BusIdentifyGateOptions): BusIdentifyGate {
  const { table, maximumConcurrency, windowMs = 5_250, clock = systemClock } = options;
  const turns = createKeyedMutex<string>();

  const take = async (key: string, signal: AbortSignal | undefined): Promise<void> => {
    for (;;) {
      signal?.throwIfAborted();
      const seen = await table.get(key);
      if (seen !== undefined && !isFree(seen)) await clock.sleep(windowMs, { signal });
      try {
        const revision = await table.putIf(key, encodeJson({ free: false }), seen?.revision ?? 0);
        // Cleared only if nobody has taken it meanwhile; when it is not, others wait a window that is not needed.
        const clear = () => void table.putIf(key, encodeJson({ free: true }), revision).catch(() => {});
        clock.setTimer(windowMs, clear, { keepAlive: false });
        return;
      } catch (error) {
        if (!isBridgeFailure(error, "BRIDGE_REVISION_CONFLICT")) throw error;
      }
    }
  };

  return {
    acquire(shardId, { signal } = {}) {
      const key = `identify.${shardId % maximumConcurrency}`;
      return turns.run(key, () => take(key, signal), { signal });
    },
  };
}

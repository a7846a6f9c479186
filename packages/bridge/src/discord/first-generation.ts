import type { BusTransport } from "../bus/bus-transport.ts";
import { readGenerationRecord } from "./generation-overlap.ts";
import { decodeLeaseRecord, isBridgeFailure } from "./lease.ts";
import { tableName } from "./shard-record.ts";

/**
 * The generation of shards with which a bot begins: 0, or one that its lanes have not seen when the table of its shards was deleted
 * and that of its lanes was not. They would take an older one for a thing of the past.
 */
export async function firstGeneration(bus: BusTransport, applicationId: string): Promise<number> {
  try {
    const lanes = await bus.openKeyValue(tableName(applicationId, "lanes"));
    const entries = await Promise.all((await lanes.keys()).map((key) => lanes.get(key)));
    const seen = entries.map((entry) =>
      entry === undefined ? 0 : readGenerationRecord(decodeLeaseRecord(entry.value).data).newest,
    );
    const newest = Math.max(0, ...seen);
    return newest === 0 ? 0 : newest + 1;
  } catch (error) {
    if (isBridgeFailure(error, "BRIDGE_BUCKET_MISSING")) return 0;
    throw error;
  }
}

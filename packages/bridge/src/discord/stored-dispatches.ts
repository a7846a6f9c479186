import type { Clock } from "@antiphon/std";
import type { BusTransport } from "../bus/bus-transport.ts";
import { laneSubjects, readDispatchId } from "./dispatch-codec.ts";
import { isBridgeFailure } from "./lease.ts";

/** For how long the stream may be without a leader until it is asked again. */
const ASK_AGAIN_MS = 250;

/** Options of {@link readStored}. */
export interface StoredDispatchesOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly shardId: number;
  readonly laneCount: number;
  readonly sessionId: string;
  readonly clock: Clock;
  /** Ends the asking. */
  readonly signal: AbortSignal;
}

/**
 * The last dispatch of a session that the stream has, by lane. The owner before may have published more than it wrote down; Discord
 * sends that again after the resume, and it must not be there twice.
 */
export async function readStored({
  bus,
  applicationId,
  shardId,
  laneCount,
  sessionId,
  clock,
  signal,
}: StoredDispatchesOptions): Promise<ReadonlyMap<number, number>> {
  const stored = new Map<number, number>();
  const read = async (lane: number): Promise<void> => {
    const newest = await bus.newest(laneSubjects(applicationId, lane, shardId));
    const id = newest === undefined ? undefined : readDispatchId(newest.id);
    if (id?.sessionId === sessionId) stored.set(lane, id.last);
  };
  const readWell = async (lane: number): Promise<void> => {
    for (;;) {
      try {
        return await read(lane);
      } catch (error) {
        if (isBridgeFailure(error, "BRIDGE_CLOSED")) throw error;
        await clock.sleep(ASK_AGAIN_MS, { signal });
      }
    }
  };
  await Promise.all(Array.from({ length: laneCount }, (_, lane) => readWell(lane)));
  return stored;
}

import { describeError, type Clock, type Logger } from "@antiphon/std";
import type { BusTransport } from "../bus/bus-transport.ts";
import { BridgeError } from "../error.ts";
import { laneSubjects, readDispatchId, shardToken } from "./dispatch-codec.ts";

/** For how long the stream may be without a leader until it is asked again. */
const ASK_AGAIN_MS = 250;

/** Options of {@link readStored}. */
export interface StoredDispatchesOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly shardId: number;
  readonly generation: number;
  readonly laneCount: number;
  readonly sessionId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the asking. */
  readonly signal: AbortSignal;
}

/**
 * The last dispatch of a session that the stream has, by lane. The owner before may have published more than it wrote down; Discord
 * sends that again after the resume, and it must not be there twice. While the stream does not answer it is asked again.
 *
 * @throws BridgeError what asking again would not mend, BRIDGE_CLOSED for one; the signal's reason
 */
export async function readStored({
  bus,
  applicationId,
  shardId,
  generation,
  laneCount,
  sessionId,
  clock,
  logger,
  signal,
}: StoredDispatchesOptions): Promise<ReadonlyMap<number, number>> {
  const stored = new Map<number, number>();
  const read = async (lane: number): Promise<void> => {
    const newest = await bus.newest(laneSubjects(applicationId, lane, shardToken(shardId, generation)));
    const id = newest === undefined ? undefined : readDispatchId(newest.id);
    if (id?.sessionId === sessionId) stored.set(lane, id.last);
  };
  const readWell = async (lane: number): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await read(lane);
      } catch (error) {
        if (error instanceof BridgeError && !error.retryable) throw error;
        const reason = describeError(error);
        if (attempt === 1) logger.warn("The stream does not say yet what it has.", { shardId, lane, error: reason });
        await clock.sleep(ASK_AGAIN_MS, { signal });
      }
    }
  };
  await Promise.all(Array.from({ length: laneCount }, (_, lane) => readWell(lane)));
  return stored;
}

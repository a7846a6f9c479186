import { snowflakeTimestampMs, isSnowflake, type Dispatch } from "@antiphon/protocol/discord";
import { describeError, type Clock, type Logger } from "@antiphon/std";
import { z } from "zod";
import type { BusMessage, BusTransport } from "../bus/bus-transport.ts";
import { laneSubjects, readDispatches, type ReceivedDispatch } from "./dispatch-codec.ts";
import type { Lease } from "./lease.ts";
import type { Served } from "./ownership.ts";

/** What the lanes of a worker count together. */
export interface LaneCounts {
  delivered: number;
  /** Dispatches that no subscriber wanted. */
  skipped: number;
  /** Interactions that could no longer be answered in time. */
  expired: number;
  /** Interactions that the lane's owner before had taken on. */
  takenBefore: number;
  /** Dispatches that a gateway had published before under another id, and that were not handled again. */
  repeated: number;
  /** Messages that were no dispatch. */
  malformed: number;
}

/** Who gets the dispatches of a lane. */
export interface DispatchSink {
  /** Whether anybody wants events of this name. */
  wants(type: string): boolean;
  /** Passes a dispatch on; a promise that it gives settles when its work is done. */
  deliver(dispatch: Dispatch): Promise<unknown> | undefined;
}

/** Options of {@link serveLane}. */
export interface LaneServiceOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly lane: number;
  readonly sink: DispatchSink;
  readonly counts: LaneCounts;
  readonly interactionDeadlineMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const INTERACTION = "INTERACTION_CREATE";
/** How old the written position may be: what a crash makes come again. */
const WRITE_AFTER_MS = 200;
const VALIDITY_CHECK_MS = 50;
/** For how long a lane that stops waits for work in progress. */
const DRAIN_MS = 2_000;
/** How much work of one lane may be in progress before it waits. */
const MAXIMUM_PENDING = 1_000;

const laneRecordSchema = z.looseObject({
  handled: z.number().int().nonnegative(),
  claimed: z.number().int().nonnegative(),
});

/** How far a lane has come, as its owner writes it down. */
interface LaneRecord {
  /** The sequence in the stream up to which everything is handled. */
  readonly handled: number;
  /** The sequence of the last interaction that an owner took on. Whoever comes next leaves those up to it alone. */
  readonly claimed: number;
}

function readLaneRecord(data: unknown): LaneRecord {
  const parsed = laneRecordSchema.safeParse(data);
  return parsed.success ? parsed.data : { handled: 0, claimed: 0 };
}

/** How far the work of a lane has come; work that was begun later may be done before. */
function createLaneProgress(start: number) {
  let seen = start;
  const pending = new Map<number, Promise<unknown>>();
  return {
    note(sequence: number, work: Promise<unknown> | undefined): void {
      seen = sequence;
      if (work === undefined) return;
      const settled = work.catch(() => {}).finally(() => pending.delete(sequence));
      pending.set(sequence, settled);
    },
    get handled() {
      const [first] = pending.keys();
      return first === undefined ? seen : first - 1;
    },
    get pending() {
      return pending;
    },
  };
}

/** A message that is being handled: its sequence in the stream, and what was begun for it. */
interface InHand {
  readonly sequence: number;
  readonly work: Promise<unknown>[];
}

/** Runs one lane while its lease is held: reads its dispatches in order from where the owner before was. */
export async function serveLane(lease: Lease, options: LaneServiceOptions): Promise<Served> {
  const { bus, applicationId, lane, sink, counts, interactionDeadlineMs, clock, logger } = options;
  const inherited = readLaneRecord(lease.inherited);
  const progress = createLaneProgress(inherited.handled);
  let { claimed } = inherited;
  const stopping = new AbortController();
  /** The newest dispatch of each shard. */
  const newest = new Map<number, { readonly sessionId: string; readonly sequence: number }>();
  let writing = false;
  lease.keep((): LaneRecord => ({ handled: progress.handled, claimed }));

  /** Writes the position down soon, once for all that is handled until then. */
  const writeSoon = () => {
    if (writing) return;
    writing = true;
    clock.setTimer(
      WRITE_AFTER_MS,
      () => {
        writing = false;
        if (!stopping.signal.aborted)
          lease.renew().catch((error: unknown) => logger.debug("A lane was not written.", { lane, error }));
      },
      { keepAlive: false },
    );
  };
  const decode = (received: ReceivedDispatch): Dispatch | undefined => {
    try {
      const { type, sequence, shardId } = received;
      return { type, sequence, shardId, data: received.data() };
    } catch (error) {
      counts.malformed++;
      logger.warn("A dispatch could not be read.", { lane, type: received.type, error: describeError(error) });
      return undefined;
    }
  };
  const deliver = (dispatch: Dispatch, work: InHand["work"]): void => {
    counts.delivered++;
    const begun = sink.deliver(dispatch);
    if (begun !== undefined) work.push(begun);
  };
  const isExpired = ({ data }: Dispatch): boolean => {
    const id = (data as { readonly id?: unknown } | null)?.id;
    return typeof id === "string" && isSnowflake(id) && clock.now() - snowflakeTimestampMs(id) >= interactionDeadlineMs;
  };

  /**
   * Takes an interaction on. The claim is one write with the lease: whoever gets the lane next reads it, and who has lost the lane
   * cannot write it. So at most one process ever answers, at the price of an interaction that dies with the process that took it.
   */
  const takeOn = async (dispatch: Dispatch, { sequence, work }: InHand): Promise<void> => {
    if (isExpired(dispatch)) return void counts.expired++;
    claimed = sequence;
    await lease.renew();
    if (isExpired(dispatch)) return void counts.expired++;
    deliver(dispatch, work);
  };

  /** A gateway that lost its shard without noticing may publish what its successor publishes, too. */
  const isRepeated = ({ shardId, sessionId, sequence }: ReceivedDispatch): boolean => {
    const known = newest.get(shardId);
    if (known?.sessionId === sessionId && sequence <= known.sequence) return true;
    newest.set(shardId, { sessionId, sequence });
    return false;
  };

  /** Resolves when the next may begin, at once for all but interactions. */
  const handleOne = (received: ReceivedDispatch, inHand: InHand): Promise<void> | undefined => {
    const isInteraction = received.type === INTERACTION;
    if (isRepeated(received)) counts.repeated++;
    else if (!sink.wants(received.type)) counts.skipped++;
    else if (isInteraction && inHand.sequence <= inherited.claimed) counts.takenBefore++;
    else {
      const dispatch = decode(received);
      if (dispatch !== undefined && isInteraction) return takeOn(dispatch, inHand);
      if (dispatch !== undefined) deliver(dispatch, inHand.work);
    }
    return undefined;
  };

  const handle = ({ sequence }: BusMessage, received: readonly ReceivedDispatch[]): Promise<void> | void => {
    const inHand: InHand = { sequence, work: [] };
    const claims = received.map((each) => handleOne(each, inHand)).filter((claim) => claim !== undefined);
    const note = () => progress.note(sequence, inHand.work.length === 0 ? undefined : Promise.all(inHand.work));
    if (claims.length === 0) return note();
    return Promise.all(claims).then(note);
  };

  /** While the table of leases cannot be reached nobody knows whose the lane is; nothing is handled meanwhile. */
  const untilValid = async (): Promise<boolean> => {
    while (!lease.valid && !stopping.signal.aborted && !lease.ended.aborted)
      await clock.sleep(VALIDITY_CHECK_MS, { signal: lease.ended }).catch(() => {});
    while (progress.pending.size >= MAXIMUM_PENDING && !stopping.signal.aborted)
      await Promise.race(progress.pending.values());
    return !stopping.signal.aborted && !lease.ended.aborted;
  };

  const onMessage = (message: BusMessage): Promise<void> | void => {
    if (stopping.signal.aborted || lease.ended.aborted) return;
    const received = readDispatches(message);
    if (received === undefined) {
      counts.malformed++;
      return progress.note(message.sequence, undefined);
    }
    writeSoon();
    if (lease.valid && progress.pending.size < MAXIMUM_PENDING) return handle(message, received);
    return untilValid().then((goOn) => (goOn ? handle(message, received) : undefined));
  };

  const subscription = await bus.subscribe(
    laneSubjects(applicationId, lane),
    (message) =>
      // A lease that is lost ends the lane, and its next owner handles what is left.
      Promise.resolve(onMessage(message)).catch((error: unknown) =>
        logger.debug("A lane was lost at an interaction.", { lane, error: describeError(error) }),
      ),
    { startAt: { sequence: inherited.handled + 1 } },
  );
  return {
    async stop() {
      stopping.abort();
      const drained = Promise.withResolvers<void>();
      using _timer = clock.setTimer(DRAIN_MS, drained.resolve);
      const drain = async () => {
        await subscription.close();
        await Promise.all(progress.pending.values());
      };
      await Promise.race([drain(), drained.promise]);
    },
  };
}

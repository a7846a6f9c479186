import { snowflakeTimestampMs, isSnowflake, type Dispatch } from "@antiphon/protocol/discord";
import { describeError, type Clock, type Logger } from "@antiphon/std";
import type { BusMessage } from "../bus/bus-message.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { openDirectIntake } from "./direct-intake.ts";
import { laneSubjects, readDispatches, shardToken, type ReceivedDispatch } from "./dispatch-codec.ts";
import { readMark } from "./generation-mark.ts";
import { createGenerationOverlap } from "./generation-overlap.ts";
import { reaches, type DispatchPosition } from "./lane-log.ts";
import { createLaneProgress, laneRecordJson, readLaneRecord } from "./lane-progress.ts";
import type { Lease } from "./lease.ts";
import type { Served } from "./ownership.ts";
import type { StreamPlace } from "./overlap-state.ts";
import { createShardPositions } from "./shard-positions.ts";

/** What the lanes of a worker count together. */
export interface LaneCounts {
  delivered: number;
  /** Dispatches that no subscriber wanted. */
  skipped: number;
  /** Interactions that could no longer be answered in time. */
  expired: number;
  /** Interactions that the lane's owner before had taken on. */
  takenBefore: number;
  /** Dispatches that came again, after they had come directly or under another id, and that were not handled again. */
  repeated: number;
  /** Dispatches that gateways brought themselves, because the stream did not. */
  direct: number;
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
/** For how long dispatches wait behind an interaction that is being claimed: to keep the order, not for a table that elects its leader. */
const CLAIM_PATIENCE_MS = 500;
/**
 * For how long a lane goes on without its lease being renewed, unless somebody else takes it: while the table of leases elects a
 * leader nobody can, and an election takes 4 to 9 s.
 */
const SERVED_AFTER_LAPSE_MS = 15_000;
/** Since when the stream must have brought something to count as flowing. */
const FLOWING_MS = 500;

/** A message that is being handled: its sequence in the stream, what was begun for it, and the interactions that are being claimed. */
interface InHand extends StreamPlace {
  readonly work: Promise<unknown>[];
  readonly claims: Promise<unknown>[];
}

/** Runs one lane while its lease is held: reads its dispatches in order from where the owner before was. */
export async function serveLane(lease: Lease, options: LaneServiceOptions): Promise<Served> {
  const { bus, applicationId, lane, sink, counts, interactionDeadlineMs, clock, logger } = options;
  const inherited = readLaneRecord(lease.inherited);
  const progress = createLaneProgress(inherited);
  let { claimed } = inherited;
  const stopping = new AbortController();
  const positions = createShardPositions(inherited.newest);
  /** The newest dispatch of each shard that the stream brought. */
  const streamed = new Map<string, DispatchPosition>(inherited.newest);
  let flowingUntilMs = 0;
  let writing = false;
  const overlap = createGenerationOverlap({
    inherited: lease.inherited,
    onRepeated: () => void counts.repeated++,
    onLate: (received) => void begin(received),
    clock,
  });
  lease.keep(() => ({
    ...laneRecordJson({ handled: progress.handled, claimed, newest: progress.newest }),
    generations: overlap.record,
  }));

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
  const deliver = (dispatch: Dispatch): Promise<unknown> | undefined => {
    counts.delivered++;
    return sink.deliver(dispatch);
  };
  const isExpired = ({ data }: Dispatch): boolean => {
    const id = (data as { readonly id?: unknown } | null)?.id;
    return typeof id === "string" && isSnowflake(id) && clock.now() - snowflakeTimestampMs(id) >= interactionDeadlineMs;
  };

  /**
   * Takes an interaction on. The claim is one write with the lease: whoever gets the lane next reads it, and who has lost the lane
   * cannot write it. So at most one process ever answers, at the price of an interaction that dies with the process that took it.
   */
  const takeOn = async (
    dispatch: Dispatch,
    sequence: number,
  ): Promise<{ readonly work?: Promise<unknown> | undefined }> => {
    if (!isExpired(dispatch)) {
      claimed = sequence;
      await lease.renew();
      if (!isExpired(dispatch)) return { work: deliver(dispatch) };
    }
    counts.expired++;
    return {};
  };
  const claim = (dispatch: Dispatch, { sequence, work, claims }: InHand): void => {
    const taken = takeOn(dispatch, sequence);
    // A lease that is lost ends the lane, and its next owner handles what is left: this position is not written any more.
    taken.catch((error: unknown) =>
      logger.debug("A lane was lost at an interaction.", { lane, error: describeError(error) }),
    );
    claims.push(taken);
    work.push(taken.then((begun) => begun.work));
  };
  /** Begins what is no interaction. */
  const begin = (received: ReceivedDispatch): Promise<unknown> | undefined => {
    if (!sink.wants(received.type)) return void counts.skipped++;
    const dispatch = decode(received);
    return dispatch === undefined ? undefined : deliver(dispatch);
  };

  const handleOne = (received: ReceivedDispatch, inHand: InHand): void => {
    if (!positions.takeStreamed(received)) {
      counts.repeated++;
      const work = intake.workOf(received);
      if (work !== undefined) inHand.work.push(work);
    } else for (const each of overlap.pass(received, inHand)) handleNew(each, inHand);
  };
  const handleNew = (received: ReceivedDispatch, inHand: InHand): void => {
    const { type } = received;
    if (type !== INTERACTION) {
      const work = begin(received);
      if (work !== undefined) inHand.work.push(work);
    } else if (!sink.wants(type)) counts.skipped++;
    else if (inHand.sequence <= inherited.claimed) counts.takenBefore++;
    else {
      const dispatch = decode(received);
      if (dispatch !== undefined) claim(dispatch, inHand);
    }
  };

  /** Interactions keep their place in the order, unless the table does not answer. */
  const untilClaimed = async (claims: readonly Promise<unknown>[]): Promise<void> => {
    const enough = Promise.withResolvers<void>();
    using _timer = clock.setTimer(CLAIM_PATIENCE_MS, enough.resolve);
    await Promise.race([Promise.allSettled(claims), enough.promise]);
  };
  /** Takes down how far the stream is with the shard of a message. */
  const noteStreamed = (last: ReceivedDispatch | undefined): readonly [string, DispatchPosition] | undefined => {
    if (last === undefined) return undefined;
    const { sessionId, sequence } = last;
    const shard = shardToken(last.shardId, last.generation);
    const known = streamed.get(shard);
    const position = known !== undefined && reaches(known, last) ? known : { sessionId, sequence };
    streamed.set(shard, position);
    return [shard, position];
  };
  /** Resolves when the next may begin, at once for all but interactions. */
  const handle = (message: BusMessage, received: readonly ReceivedDispatch[]): Promise<void> | void => {
    const { sequence, publishedAtMs } = message;
    const inHand: InHand = { sequence, publishedAtMs, work: [], claims: [] };
    const mark = received.length === 0 ? readMark(message) : undefined;
    for (const late of mark === undefined ? [] : overlap.mark(mark, message)) handleNew(late, inHand);
    for (const each of received) handleOne(each, inHand);
    const work = inHand.work.length === 0 ? undefined : Promise.all(inHand.work);
    progress.note(sequence, work, noteStreamed(received.at(-1)));
    return inHand.claims.length > 0 && lease.valid ? untilClaimed(inHand.claims) : undefined;
  };

  /** Whether somebody else could be at work only if this process is cut off. Who claims interactions or runs players asks for more. */
  const mayServe = (): boolean => lease.valid || (bus.connected && lease.lapsedMs < SERVED_AFTER_LAPSE_MS);
  const isEnding = (): boolean => stopping.signal.aborted || lease.ended.aborted;
  const untilServing = async (): Promise<boolean> => {
    while (!mayServe() && !isEnding()) await clock.sleep(VALIDITY_CHECK_MS, { signal: lease.ended }).catch(() => {});
    while (progress.pending.size >= MAXIMUM_PENDING && !stopping.signal.aborted) await Promise.race(progress.pending);
    return !isEnding();
  };

  const onMessage = (message: BusMessage): Promise<void> | void => {
    if (isEnding()) return;
    flowingUntilMs = clock.monotonicMs() + FLOWING_MS;
    const mark = readMark(message);
    const received = mark === undefined ? readDispatches(message) : [];
    // Handled by the owner before; only what it knew of generations is to be known again.
    if (message.sequence <= inherited.handled) {
      if (mark !== undefined) overlap.mark(mark, message);
      for (const each of received ?? []) overlap.pass(each, message);
      return;
    }
    if (received === undefined) {
      counts.malformed++;
      return progress.note(message.sequence);
    }
    writeSoon();
    if (mayServe() && progress.pending.size < MAXIMUM_PENDING) return handle(message, received);
    return untilServing().then((goOn) => (goOn ? handle(message, received) : undefined));
  };

  const intake = await openDirectIntake({
    bus,
    applicationId,
    lane,
    positionOf: (shard) => ({
      newest: positions.newest(shard) ?? null,
      streamed: streamed.get(shard) ?? null,
      flowing: clock.monotonicMs() < flowingUntilMs,
    }),
    mayTake: ({ shard, dispatches: [first], previous }, unfinished) =>
      !isEnding() &&
      mayServe() &&
      unfinished + progress.pending.size < MAXIMUM_PENDING &&
      first !== undefined &&
      positions.canFollow(shard, { sessionId: first.sessionId, sequence: previous }),
    take(dispatch) {
      // An interaction is only noted: it is claimed, and handled, when the stream brings it. So there is one claim of each, as ever.
      if (!positions.takeDirect(dispatch, dispatch.type === INTERACTION)) return undefined;
      counts.direct++;
      const place = { sequence: progress.handled, publishedAtMs: clock.now() };
      const work = overlap
        .pass(dispatch, place)
        .map(begin)
        .filter((each) => each !== undefined);
      return work.length === 0 ? undefined : Promise.all(work);
    },
    onMalformed: () => void counts.malformed++,
  });
  const startAt = { sequence: Math.min(inherited.handled + 1, Math.max(1, overlap.replayFrom ?? Infinity)) };
  const subscription = await bus
    .subscribe(laneSubjects(applicationId, lane), onMessage, { startAt })
    .catch(async (error) => {
      await intake.close();
      throw error;
    });
  return {
    async stop() {
      stopping.abort();
      overlap.close();
      const drained = Promise.withResolvers<void>();
      using _timer = clock.setTimer(DRAIN_MS, drained.resolve);
      const drain = async () => {
        await Promise.all([subscription.close(), intake.close()]);
        await Promise.all(progress.pending);
      };
      await Promise.race([drain(), drained.promise]);
    },
  };
}

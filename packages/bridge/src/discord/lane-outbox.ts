import type { Clock, Logger } from "@antiphon/std";
import { outboxFull } from "../bus/bus-failure.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { packDispatches, type DispatchOrigin, type EncodedDispatch } from "./dispatch-codec.ts";
import { createLaneLog, type DispatchPosition, type LaneLog, type SessionDispatch } from "./lane-log.ts";
import { watchLane, type LaneWatch } from "./lane-watch.ts";

/** Options of {@link createLaneOutbox}. */
export interface LaneOutboxOptions extends Omit<DispatchOrigin, "sessionId"> {
  readonly bus: BusTransport;
  readonly applicationId: string;
  /** Moved by what waits here, and by what went to its worker directly. */
  readonly counts: { waiting: number; direct: number };
  /** The last dispatch of a lane that the bus has, as far as is known when the outbox is built. */
  readonly storedOf: (lane: number) => DispatchPosition | undefined;
  /** Told of dispatches that the bus has. */
  readonly onPublished: (sessionId: string, dispatches: readonly EncodedDispatch[]) => void;
  /** Told of a dispatch that is too large for the bus even when compressed. */
  readonly onRefused: (sessionId: string, dispatch: EncodedDispatch) => void;
  /** Told once that the bus did not take a message, or that too much waits for it. Nothing leaves after that: it would pass what did not. */
  readonly onFailed: (error: unknown) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The dispatches of a shard on their way to the bus. */
export interface LaneOutbox {
  add(dispatch: SessionDispatch): void;
  /** Resolves when nothing waits or is under way. */
  settled(): Promise<void>;
  /** Drops what waits. */
  close(): void;
}

interface Lane {
  readonly log: LaneLog;
  readonly watch: LaneWatch;
  busy: boolean;
}

const WAITING_LIMIT = 10_000;
const WAITING_LIMIT_CHARACTERS = 64 * 1024 * 1024;

/**
 * Builds a {@link LaneOutbox}. Each lane has one message under way, which keeps its order also while a cluster elects a leader; what
 * comes meanwhile travels together in the next one. So a message carries the more the busier the bus is. When the stream takes nothing,
 * or does not bring what it took, the owner of the lane gets it directly; see {@link watchLane}. The stream gets it all the same.
 */
export function createLaneOutbox(options: LaneOutboxOptions): LaneOutbox {
  const { bus, applicationId, prefix, shardId, generation, counts, clock, logger } = options;
  const { storedOf, onPublished, onRefused, onFailed } = options;
  const origin = { prefix, shardId, generation };
  const ending = new AbortController();
  const { signal } = ending;
  const lanes = new Map<number, Lane>();
  const running = new Set<Promise<void>>();
  let size = 0;
  let characters = 0;
  const onTaken = (count: number) => void (counts.direct += count);

  const resize = (dispatches: number, text: number) => {
    size += dispatches;
    characters += text;
    counts.waiting += dispatches;
  };
  const close = () => {
    resize(-size, -characters);
    ending.abort();
  };
  const fail = (error: unknown) => {
    if (signal.aborted) return;
    close();
    onFailed(error);
  };

  const publishLane = async (lane: Lane): Promise<void> => {
    const { log, watch } = lane;
    while (!signal.aborted) {
      const run = log.begin();
      // At once: what comes before this promise is seen to be settled must begin again.
      if (run === undefined) return void (lane.busy = false);
      const [{ sessionId }] = run;
      const message = packDispatches(run, { ...origin, sessionId });
      if (message === undefined) {
        log.dropped();
        onRefused(sessionId, run[0]);
      } else {
        watch.left();
        await bus.publish(message.subject, message.data, { id: message.id, headers: message.headers, signal });
        log.stored();
        watch.stored(run.at(-1) ?? run[0]);
        onPublished(sessionId, run);
      }
      if (!signal.aborted) resize(-run.length, -run.reduce((sum, { text }) => sum + text.length, 0));
    }
  };

  const start = (lane: Lane): void => {
    lane.busy = true;
    // What came in the same read of the socket travels together, too.
    const task: Promise<void> = Promise.resolve()
      .then(() => publishLane(lane))
      .catch(fail)
      .finally(() => running.delete(task));
    running.add(task);
  };

  return {
    add(dispatch) {
      if (signal.aborted) return;
      if (size >= WAITING_LIMIT || characters >= WAITING_LIMIT_CHARACTERS) {
        return fail(outboxFull(`${size} dispatches of shard ${shardId} wait for the bus`));
      }
      resize(1, dispatch.text.length);
      let lane = lanes.get(dispatch.lane);
      if (lane === undefined) {
        const log = createLaneLog(storedOf(dispatch.lane));
        const watch = watchLane({
          bus,
          applicationId,
          origin,
          lane: dispatch.lane,
          log,
          onTaken,
          clock,
          logger,
          signal,
        });
        lanes.set(dispatch.lane, (lane = { log, watch, busy: false }));
      }
      lane.log.add(dispatch);
      if (!lane.busy) start(lane);
    },
    async settled() {
      await Promise.all(running);
    },
    close,
  };
}

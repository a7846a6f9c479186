import { outboxFull } from "../bus/bus-failure.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { packDispatches, type DispatchOrigin, type EncodedDispatch } from "./dispatch-codec.ts";

/** A dispatch and the session that it came in. */
export interface SessionDispatch extends EncodedDispatch {
  readonly sessionId: string;
}

/** Options of {@link createLaneOutbox}. */
export interface LaneOutboxOptions extends Omit<DispatchOrigin, "sessionId"> {
  readonly bus: BusTransport;
  /** Moved by what waits here. */
  readonly counts: { waiting: number };
  /** Told of dispatches that the bus has. */
  readonly onPublished: (sessionId: string, dispatches: readonly EncodedDispatch[]) => void;
  /** Told of a dispatch that is too large for the bus even when compressed. */
  readonly onRefused: (sessionId: string, dispatch: EncodedDispatch) => void;
  /** Told once that the bus did not take a message, or that too much waits for it. Nothing leaves after that: it would pass what did not. */
  readonly onFailed: (error: unknown) => void;
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
  waiting: SessionDispatch[];
  busy: boolean;
}

/** Each is handled once at most, which is kept track of by message. */
const ALONE: ReadonlySet<string> = new Set(["INTERACTION_CREATE"]);
const BATCH_LIMIT = 256;
const BATCH_LIMIT_CHARACTERS = 64 * 1024;
const WAITING_LIMIT = 10_000;
const WAITING_LIMIT_CHARACTERS = 64 * 1024 * 1024;

/** The dispatches from the head of a lane that travel in one message. */
function takeRun(lane: Lane): readonly [SessionDispatch, ...SessionDispatch[]] | undefined {
  const [first, ...rest] = lane.waiting.slice(0, BATCH_LIMIT);
  if (first === undefined) return undefined;
  const run: [SessionDispatch, ...SessionDispatch[]] = [first];
  let characters = first.text.length;
  for (const next of ALONE.has(first.type) ? [] : rest) {
    characters += next.text.length;
    if (next.sessionId !== first.sessionId || ALONE.has(next.type) || characters > BATCH_LIMIT_CHARACTERS) break;
    run.push(next);
  }
  lane.waiting.splice(0, run.length);
  return run;
}

/**
 * Builds a {@link LaneOutbox}. Each lane has one message under way, which keeps its order also while a cluster elects a leader; what
 * comes meanwhile travels together in the next one. So a message carries the more the busier the bus is.
 */
export function createLaneOutbox(options: LaneOutboxOptions): LaneOutbox {
  const { bus, prefix, shardId, counts, onPublished, onRefused, onFailed } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const lanes = new Map<number, Lane>();
  const running = new Set<Promise<void>>();
  let size = 0;
  let characters = 0;

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
    while (!signal.aborted) {
      const run = takeRun(lane);
      // At once: what comes before this promise is seen to be settled must begin again.
      if (run === undefined) return void (lane.busy = false);
      const [{ sessionId }] = run;
      const message = packDispatches(run, { prefix, shardId, sessionId });
      if (message === undefined) onRefused(sessionId, run[0]);
      else {
        await bus.publish(message.subject, message.data, { id: message.id, headers: message.headers, signal });
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
      if (lane === undefined) lanes.set(dispatch.lane, (lane = { waiting: [], busy: false }));
      lane.waiting.push(dispatch);
      if (!lane.busy) start(lane);
    },
    async settled() {
      await Promise.all(running);
    },
    close,
  };
}

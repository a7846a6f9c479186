import { isAntiphonError, type Clock, type Logger } from "@antiphon/std";
import { BridgeError } from "../error.ts";
import { DEFAULT_BACKOFF_MS, type DeadLetterReason, type SubscribeOptions } from "./bus-stream.ts";
import type { BusMessage } from "./bus-message.ts";
import { MAXIMUM_ATTEMPTS } from "./bus-transport.ts";

/** A message of a stream in a subscriber's hands, and what the subscriber can tell the bus about it. */
export interface Delivery {
  readonly message: BusMessage;
  /** Why it cannot even be handed over: it is refused, as if the handler had thrown this. */
  readonly refusal?: BridgeError | undefined;
  /** It is handled: the bus may forget it for this subscriber. */
  done(): void;
  /** It is not handled and shall go to somebody else, or come again. */
  giveBack(): void;
  /** It is given up; the bus keeps it as a dead letter and forgets it for this subscriber. */
  bury(obituary: Obituary): Promise<void>;
}

/** Why a message is given up. */
export interface Obituary {
  readonly reason: DeadLetterReason;
  readonly failure: string;
  readonly attempts: number;
}

/** The counters that a {@link LaneRunner} moves. */
export interface LaneCounts {
  delivered: number;
  redelivered: number;
  abandoned: number;
  deadLetters: number;
  repeated: number;
}

/** Options of {@link createLaneRunner}. */
export interface LaneRunnerOptions extends SubscribeOptions {
  readonly handler: (message: BusMessage) => Promise<void> | void;
  readonly counts: LaneCounts;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Runs a handler over the messages of a subscription: in order within a lane, again after a failure, and not for ever. */
export interface LaneRunner {
  accept(delivery: Delivery): void;
  /** How many messages wait or are in work. */
  readonly size: number;
  /** Resolves when fewer than this many wait or are in work, and at close. */
  below(limit: number): Promise<void>;
  /** Gives back what has not begun, and resolves when what has begun is done; idempotent. */
  close(): Promise<void>;
}

const BURY_PAUSE_MS = 1_000;
const MAXIMUM_FAILURE_LENGTH = 100;

/** Builds a {@link LaneRunner}. */
export function createLaneRunner(options: LaneRunnerOptions): LaneRunner {
  const { durable, laneOf, counts } = options;
  const lanes = new Map<string, Delivery[]>();
  const held = new Set<number>();
  const memory = durable === undefined ? undefined : createMemory(options.duplicateMemory ?? 10_000);
  const ending = new AbortController();
  const waiting = new Map<() => void, number>();
  const idle = Promise.withResolvers<void>();
  const leftOver: Delivery[] = [];
  let runningLanes = 0;

  const release = (delivery: Delivery) => {
    held.delete(delivery.message.sequence);
    for (const [wake, limit] of waiting) if (held.size < limit) wake();
  };

  const laneKey = (message: BusMessage): string => {
    try {
      return laneOf?.(message) ?? "";
    } catch {
      // A message that has no lane is still the handler's to refuse.
      return "";
    }
  };

  const runLane = async (key: string, lane: Delivery[]): Promise<void> => {
    runningLanes++;
    for (let next = lane[0]; next !== undefined && !ending.signal.aborted; next = lane[0]) {
      lane.shift();
      const identity = next.message.id === "" ? next.message.sequence : next.message.id;
      if (memory?.has(identity) === true) {
        counts.repeated++;
        next.done();
      } else {
        const outcome = await handle(next, options, ending.signal);
        if (outcome === "handled") memory?.add(identity);
        if (outcome === "unfinished") {
          leftOver.push(next);
          continue;
        }
      }
      release(next);
    }
    leftOver.push(...lane);
    lanes.delete(key);
    runningLanes--;
    if (ending.signal.aborted && runningLanes === 0) idle.resolve();
  };

  const runner: LaneRunner = {
    accept(delivery) {
      if (ending.signal.aborted) return delivery.giveBack();
      // The bus may give a message again while it is still in work here: it is answered when that is done.
      if (held.has(delivery.message.sequence)) return void counts.repeated++;
      held.add(delivery.message.sequence);
      const key = laneKey(delivery.message);
      const lane = lanes.get(key);
      if (lane !== undefined) return void lane.push(delivery);
      const started = [delivery];
      lanes.set(key, started);
      void runLane(key, started);
    },
    get size() {
      return held.size;
    },
    async below(limit) {
      if (held.size < limit || ending.signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.set(resolve, limit);
      await promise;
      waiting.delete(resolve);
    },
    async close() {
      ending.abort();
      for (const wake of waiting.keys()) wake();
      if (runningLanes === 0) idle.resolve();
      await idle.promise;
      // Over all lanes in the order of the stream, so that the next subscriber has them in order.
      for (const each of leftOver.splice(0).sort((a, b) => a.message.sequence - b.message.sequence)) {
        each.giveBack();
        release(each);
      }
    },
  };
  return runner;
}

type Outcome = "handled" | "buried" | "unfinished";

async function handle(delivery: Delivery, options: LaneRunnerOptions, signal: AbortSignal): Promise<Outcome> {
  const { handler, counts, clock, durable, backoffMs = DEFAULT_BACKOFF_MS } = options;
  const maximumAttempts = durable === undefined ? 1 : (options.maximumAttempts ?? MAXIMUM_ATTEMPTS);
  const { message } = delivery;
  let failure = "UNKNOWN";
  for (let { attempt } = message; attempt <= maximumAttempts; attempt++) {
    try {
      if (delivery.refusal !== undefined) throw delivery.refusal;
      await handler(attempt === message.attempt ? message : { ...message, attempt });
      counts.delivered++;
      delivery.done();
      return "handled";
    } catch (error) {
      // The handler's failure is the subscriber's own affair; what the bus owes is another try, and the count.
      failure = failureName(error);
      if (durable !== undefined && isAntiphonError(error, "BRIDGE_MESSAGE_REJECTED")) {
        return bury(delivery, { reason: "rejected", failure, attempts: attempt }, options, signal);
      }
      if (attempt === maximumAttempts) break;
      counts.redelivered++;
      const pauseMs = backoffMs[Math.min(attempt, backoffMs.length) - 1] ?? 0;
      if (!(await sleeps(clock, pauseMs, signal))) return "unfinished";
    }
  }
  // A message that took its subscriber's process with it comes with more attempts than it may have: it is not tried again.
  const attempts = Math.max(maximumAttempts, message.attempt);
  return bury(delivery, { reason: "attempts", failure, attempts }, options, signal);
}

/** Gives a message up; again and again while the bus does not take the dead letter, for it must not get lost. */
async function bury(
  delivery: Delivery,
  obituary: Obituary,
  { counts, clock, durable, logger, onDeadLetter }: LaneRunnerOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const { subject, sequence, id } = delivery.message;
  for (;;) {
    try {
      await delivery.bury(obituary);
      break;
    } catch (error) {
      logger.warn("dead letter not kept", { durable, subject, sequence, error });
      if (!(await sleeps(clock, BURY_PAUSE_MS, signal))) return "unfinished";
    }
  }
  counts.abandoned++;
  if (durable === undefined) return "buried";
  counts.deadLetters++;
  const notice = { durable, ...obituary, sequence, subject, id };
  logger.warn("dead letter", notice);
  try {
    onDeadLetter?.(notice);
  } catch (error) {
    logger.error("onDeadLetter failed", { durable, error });
  }
  return "buried";
}

/** False when the signal ended the sleep. */
function sleeps(clock: Clock, pauseMs: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(pauseMs, { signal }).then(
    () => true,
    () => false,
  );
}

function failureName(error: unknown): string {
  if (isAntiphonError(error)) return error.code;
  // Anybody can name an error, with as many letters as they like.
  return error instanceof Error ? error.name.slice(0, MAXIMUM_FAILURE_LENGTH) : "UNKNOWN";
}

/** Remembers the last so many values. */
function createMemory(limit: number) {
  const values = new Set<string | number>();
  return {
    has: (value: string | number) => values.has(value),
    add(value: string | number) {
      values.add(value);
      if (values.size > limit) for (const oldest of values.keys()) return void values.delete(oldest);
    },
  };
}

/** What a handler throws to make a message a dead letter at once: trying again would change nothing. */
export function rejectMessage(reason: string): BridgeError {
  return new BridgeError("BRIDGE_MESSAGE_REJECTED", `The message is refused: ${reason}`);
}

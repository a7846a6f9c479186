import { describeError, type Clock, type Logger } from "@antiphon/std";
import type { BusTransport } from "../bus/bus-transport.ts";
import { directSubject, encodeOffer, readAnswer, type DirectAnswer } from "./direct-offer.ts";
import { packDispatches, shardToken, type DispatchOrigin } from "./dispatch-codec.ts";
import { reaches, type DispatchPosition, type DispatchRun, type LaneLog } from "./lane-log.ts";

/** Options of {@link bringDirectly}. */
export interface DirectPathOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly origin: Omit<DispatchOrigin, "sessionId">;
  readonly lane: number;
  readonly log: LaneLog;
  /** What the stream was to bring to the lane's owner and perhaps did not. */
  readonly goal: DispatchPosition;
  /** Whether the stream takes nothing now. */
  readonly isStalled: () => boolean;
  /** Told how many dispatches the owner took. */
  readonly onTaken: (count: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const REQUEST_TIMEOUT_MS = 1_000;
/** Between two questions to an owner that has everything, or cannot go on. */
const ASK_AGAIN_MS = 250;
/** Between two looks at what has come meanwhile. */
const LOOK_AGAIN_MS = 20;
/** Between two questions while nobody answers; the first pause is {@link ASK_AGAIN_MS}. */
const LONGEST_PAUSE_MS = 1_000;

/** What is asked next: a message of dispatches, or how far the owner is. */
interface Question {
  readonly run?: DispatchRun | undefined;
  readonly previous?: number | undefined;
}

/** Asks the owner of the lane; undefined when it does not answer. */
async function ask(options: DirectPathOptions, { run, previous }: Question): Promise<DirectAnswer | undefined> {
  const { bus, applicationId, origin, lane, logger, signal } = options;
  const shard = shardToken(origin.shardId, origin.generation);
  const message = run === undefined ? undefined : packDispatches(run, { ...origin, sessionId: run[0].sessionId });
  const { data, headers } = encodeOffer(shard, message, previous);
  try {
    const request = { headers, timeoutMs: REQUEST_TIMEOUT_MS, signal };
    return readAnswer(await bus.request(directSubject(applicationId, lane), data, request));
  } catch (error) {
    signal.throwIfAborted();
    logger.debug("The owner of a lane did not answer.", { shard, lane, error: describeError(error) });
    return undefined;
  }
}

/** What follows on the newest that the owner has, as soon as there is something; after a while only the question how far it is. */
async function followUp({ log, clock, signal }: DirectPathOptions, newest: DispatchPosition): Promise<Question> {
  for (let waitedMs = 0; waitedMs < ASK_AGAIN_MS; waitedMs += LOOK_AGAIN_MS) {
    const next = log.after(newest);
    if (next !== undefined) return next;
    await clock.sleep(LOOK_AGAIN_MS, { signal });
  }
  return {};
}

/**
 * Brings the dispatches of a lane to its owner by requests, in order, one message at a time, from where the owner is; until the stream
 * brings them again. It ends at once when the stream has brought the goal already, or brings other things all the time. Resolves with
 * what the stream has brought.
 *
 * @throws the signal's reason
 */
export async function bringDirectly(options: DirectPathOptions): Promise<DispatchPosition | null> {
  const { log, goal, isStalled, onTaken, clock, signal } = options;
  let question: Question = {};
  for (let pauseMs = ASK_AGAIN_MS; ;) {
    const answer = await ask(options, question);
    const { newest = null, streamed = null, flowing = false } = answer ?? {};
    const last = question.run?.at(-1);
    const isRefused = last !== undefined && !reaches(newest, last);
    if (last !== undefined && !isRefused) onTaken(question.run?.length ?? 0);
    if (log.isBehind(streamed, goal) || (flowing && !isStalled())) return streamed;
    if (newest !== null && !isRefused) question = await followUp(options, newest);
    else {
      await clock.sleep(pauseMs, { signal });
      pauseMs = answer === undefined ? Math.min(2 * pauseMs, LONGEST_PAUSE_MS) : ASK_AGAIN_MS;
      question = {};
    }
  }
}
